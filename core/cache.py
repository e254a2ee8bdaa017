"""Django's Redis cache, made forgiving: while Redis is away each process remembers by itself."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from core.redis import Client, RedisAway, plain


class _SharedClient(RedisCacheClient):
    """Talks through the process's client for the plain server: its connections, and its patience."""

    def get_client(self, key: Any = None, *, write: bool = False) -> Client:
        return plain().client()


class ForgivingRedisCache(RedisCache):
    """What allauth counts guesses in. A cache that forgot them while Redis is away would allow any number."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _SharedClient
        self._own = LocMemCache("while Redis is away", {"MAX_ENTRIES": 10_000})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            with plain().guard():
                return super().get(key, default, version)
        except RedisAway:
            return self._own.get(key, default, version)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        try:
            with plain().guard():
                super().set(key, value, *args, **kwargs)
        except RedisAway:
            self._own.set(key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        try:
            with plain().guard():
                return bool(super().add(key, value, *args, **kwargs))
        except RedisAway:
            return self._own.add(key, value, *args, **kwargs)

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            with plain().guard():
                return bool(super().delete(key, version))
        except RedisAway:
            return self._own.delete(key, version)
