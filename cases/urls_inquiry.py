"""Addresses of the inquiry, below /<lang>/inquiry/. None holds a word about health."""

from django.urls import path

from cases.views import inquiry

app_name = "inquiry"
urlpatterns = [
    path("", inquiry.start, name="start"),
    path("begin/", inquiry.begin, name="begin"),
    path("resume/", inquiry.resume, name="resume"),
    path("discard/", inquiry.discard, name="discard"),
    path("emergency/", inquiry.emergency, name="emergency"),
    path("check/", inquiry.check, name="check"),
    path("sent/", inquiry.sent, name="sent"),
    path("<slug:slug>/", inquiry.step, name="step"),
]
