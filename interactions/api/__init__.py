"""Routes of interactions, a file per noun."""

from core.api import Router
from interactions.api.comments import router as comments
from interactions.api.likes import router as likes
from interactions.api.replays import router as replays
from interactions.api.rooms import router as rooms
from interactions.api.shares import router as shares

ROUTERS: tuple[Router, ...] = (likes, shares, comments, rooms, replays)
