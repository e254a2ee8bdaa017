"""Django's Redis cache, made forgiving: a cache that is away is an empty cache, not an error."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.redis import RedisCache

from core.redis import RedisAway, guard


class ForgivingRedisCache(RedisCache):
    """Reads find nothing and writes do nothing while Redis is away."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            with guard():
                return super().get(key, default, version)
        except RedisAway:
            return default

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        try:
            with guard():
                super().set(key, value, *args, **kwargs)
        except RedisAway:
            return

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        try:
            with guard():
                return bool(super().add(key, value, *args, **kwargs))
        except RedisAway:
            return True

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            with guard():
                return bool(super().delete(key, version))
        except RedisAway:
            return False
