"""Django's entry for `stores`."""

from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "stores"
