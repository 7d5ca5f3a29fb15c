"""Addresses of the inquiry, below /<lang>/inquiry/."""

from django.urls import path

from cases.views import inquiry

app_name = "inquiry"
urlpatterns = [
    path("", inquiry.start, name="start"),
]
