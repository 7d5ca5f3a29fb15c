"""Addresses of the directory, below /<lang>/hospitals/."""

from django.urls import path

from hospitals import views

app_name = "hospitals"
urlpatterns = [
    path("", views.hospital_list, name="list"),
    # Before the hospitals: no hospital has such a key (see RESERVED_SLUGS).
    path("suggest/", views.suggestions, name="suggest"),
    path("<slug:slug>/", views.hospital_detail, name="detail"),
    path("<slug:slug>/history/", views.hospital_history, name="history"),
]
