"""Live rooms: protocol, room service, hub and consumer."""
