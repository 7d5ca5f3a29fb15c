"""Addresses of conditions, below /<lang>/conditions/."""

from django.urls import path

from hospitals.views import codes, conditions

app_name = "conditions"
urlpatterns = [
    path("", conditions.condition_list, name="list"),
    path("icd-10/<str:code>/", codes.code, name="code"),
    path("<slug:slug>/", conditions.condition, name="detail"),
]
