"""The page about the open data, /<lang>/open-data/."""

from django.urls import path

from hospitals.views import open_data

urlpatterns = [
    path("", open_data.open_data, name="open-data"),
]
