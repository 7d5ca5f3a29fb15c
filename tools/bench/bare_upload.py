"""The yardsticks of uploads: what Django's own documentation does, and the least there is.

`/form/` takes a form with a file and writes it down; `/raw/` copies the body. Neither seals,
neither asks who sends.
"""

import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

FOLDER = Path(os.environ["VAR_DIR"]) / "bare"
FOLDER.mkdir(exist_ok=True)
# Where Django puts a form's file first: the same disk as everything else here.
settings.configure(
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.urandom(32).hex(),
    FILE_UPLOAD_TEMP_DIR=str(FOLDER),
)


def write(pieces) -> HttpResponse:
    with tempfile.NamedTemporaryFile(dir=FOLDER) as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return HttpResponse(status=204)


def form(request):
    return write(request.FILES["file"].chunks())


def raw(request):
    return write(iter(lambda: request.read(64 * 1024), b""))


urlpatterns = [
    path("form/", form),
    path("raw/", raw),
    path("", lambda request: HttpResponse("ok")),
]
application = get_wsgi_application()
