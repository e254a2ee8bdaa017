"""Django's entry for the wiring: management commands of the whole project."""

from django.apps import AppConfig


class BackyardConfig(AppConfig):
    name = "config"
    label = "backyard"
    verbose_name = "Backyard"
