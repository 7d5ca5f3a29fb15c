"""The family's own case."""

from django.shortcuts import render


def sign_in(request):
    return render(request, "cases/sign_in.html")


def detail(request, reference):
    return render(request, "cases/case.html")
