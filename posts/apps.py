"""Django's entry for `posts`."""

from django.apps import AppConfig


class PostsConfig(AppConfig):
    name = "posts"
