"""The comparison of hospitals, /<lang>/compare/."""

from django.urls import path

from hospitals.views import compare

urlpatterns = [
    path("", compare.compare, name="compare"),
]
