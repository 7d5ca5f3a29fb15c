"""Files at addresses without a language: open data, and what robots read."""

from django.urls import path

from hospitals.views import open_data, sitemap

urlpatterns = [
    path("open-data/hospitals.json", open_data.hospitals_json, name="open-data-json"),
    path("open-data/hospitals.csv", open_data.hospitals_csv, name="open-data-csv"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("sitemap-<int:part>.xml", sitemap.sitemap_part, name="sitemap-part"),
    path("robots.txt", sitemap.robots, name="robots"),
]
