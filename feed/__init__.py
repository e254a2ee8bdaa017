"""The feed engine: inboxes and outboxes in Redis, fan-out, home pages, new-post notices."""
