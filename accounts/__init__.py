"""People: users, sign-in, profiles, one-time websocket tickets."""
