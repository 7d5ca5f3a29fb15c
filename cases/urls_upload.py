"""Addresses of the upload protocol, the same in every language, below /uploads/."""

from django.urls import path

from cases.views import uploads

app_name = "upload"
urlpatterns = [
    path("<str:reference>/", uploads.create, name="begin"),
    path("<str:reference>/<uuid:record_id>/", uploads.one, name="one"),
]
