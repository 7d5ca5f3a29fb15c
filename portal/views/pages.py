"""The pages that are neither directory nor case: home, how it works, about, privacy."""

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language_from_request, override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe
from django.views.decorators.vary import vary_on_headers


@require_safe
@vary_on_headers("Accept-Language")
def to_reader_language(request):
    """`/` leads to the home page in the language that the browser asks for."""
    with override(get_language_from_request(request)):
        return redirect(reverse("home"))


@require_safe
@conditional_page
@cache_control(public=True, no_cache=True)
def how_it_works(request):
    return render(request, "portal/how_it_works.html")


@require_safe
@conditional_page
@cache_control(public=True, no_cache=True)
def about(request):
    return render(request, "portal/about.html")


@require_safe
@conditional_page
@cache_control(public=True, no_cache=True)
def privacy(request):
    return render(request, "portal/privacy.html")
