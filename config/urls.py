"""Addresses."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import health
from config.api import api
from interactions.room_pages import room_page
from interactions.views import open_share

urlpatterns = [
    path("api/v1/", api.urls),
    path("_allauth/", include("allauth.headless.urls")),
    path("admin/", admin.site.urls),
    path("s/<str:code>", open_share),
    path("rooms/<int:room_id>", room_page),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
if not settings.MEDIA_BUCKET:
    urlpatterns += [path("media/<path:name>", health.media_file)]
