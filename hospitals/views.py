"""The public pages of the directory."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hospitals.models import Hospital


@require_safe
def home(request):
    return render(request, "portal/home.html", {"hospitals": Hospital.objects.public()[:6]})


@require_safe
def hospital_list(request):
    return render(request, "hospitals/list.html", {"hospitals": Hospital.objects.public()})


@require_safe
def hospital_detail(request, slug):
    hospital = get_object_or_404(Hospital.objects.public(), slug=slug)
    return render(request, "hospitals/detail.html", {"hospital": hospital})
