"""Django's entry for `interactions`."""

from django.apps import AppConfig


class InteractionsConfig(AppConfig):
    name = "interactions"
