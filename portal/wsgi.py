"""The entry point of gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from portal.databases import limit_waits
from portal.serving import start_serving

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
# After the settings, before the first connection.
limit_waits()
start_serving()
