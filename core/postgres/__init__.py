"""Django's PostgreSQL backend, as `settings.DATABASES` names it."""
