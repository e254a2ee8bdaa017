"""Django's entry for `feed`."""

from django.apps import AppConfig


class FeedConfig(AppConfig):
    name = "feed"
