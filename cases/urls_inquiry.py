"""Addresses of the inquiry, below /<lang>/inquiry/. None holds a word about health."""

from django.urls import path

from cases.views import drafts, inquiry, known

app_name = "inquiry"
urlpatterns = [
    path("", inquiry.start, name="start"),
    path("resume/", inquiry.resume, name="resume"),
    path("begin/", drafts.begin, name="begin"),
    path("paper/", drafts.paper, name="paper"),
    path("later/", drafts.later, name="later"),
    path("discard/", drafts.discard, name="discard"),
    path("suggest/", known.suggestions, name="suggest"),
    path("emergency/", inquiry.emergency, name="emergency"),
    path("check/", inquiry.check, name="check"),
    path("sent/", inquiry.sent, name="sent"),
    path("<slug:slug>/", inquiry.step, name="step"),
]
