"""Care for the windows in Redis: find them, compare them with PostgreSQL, build them anew. For `manage.py feed`."""
