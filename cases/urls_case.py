"""Addresses of the family's case, below /<lang>/case/."""

from django.urls import path

from cases.views import tracking

app_name = "case"
urlpatterns = [
    path("", tracking.sign_in, name="sign-in"),
    path("<str:reference>/", tracking.detail, name="detail"),
]
