"""The inquiry, page by page."""

from django.shortcuts import render


def start(request):
    return render(request, "cases/inquiry_start.html")
