"""The yardstick: a bare Django view that renders 13 rows of the portal's own database.

No middleware, no session, no translation; one query on a connection that is
kept. What the portal's list costs more than this is the price of its features.
"""

import os

import django
import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpResponse
from django.template import Context, Engine
from django.urls import path

database = environ.Env().db("DATABASE_URL")
database["CONN_MAX_AGE"] = None
settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": database},
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.urandom(32).hex(),
    USE_TZ=True,
)
django.setup()


class Hospital(models.Model):
    """The columns that a plain list would show."""

    slug = models.CharField(max_length=40, primary_key=True)
    name_en = models.CharField(max_length=150)
    name_zh_hans = models.CharField(max_length=150)
    type = models.CharField(max_length=20)
    accepting = models.CharField(max_length=10)
    position = models.PositiveSmallIntegerField()

    class Meta:
        app_label = "bare"
        managed = False
        db_table = "hospitals_hospital"

    def __str__(self):
        return self.name_en


TEMPLATE = Engine().from_string(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hospitals</title></head>
<body><h1>Hospitals</h1><table>
{% for row in rows %}<tr><td>{{ forloop.counter }}</td><td><a href="/{{ row.slug }}/">
{{ row.name_en }}</a></td><td>{{ row.name_zh_hans }}</td><td>{{ row.type }}</td>
<td>{{ row.accepting }}</td></tr>
{% endfor %}</table></body></html>"""
)


def hospitals(request):
    rows = Hospital.objects.order_by("position")[:13]
    return HttpResponse(TEMPLATE.render(Context({"rows": rows})))


urlpatterns = [path("", hospitals)]
application = get_wsgi_application()
