"""A short way for readers who come back."""

from hospitals import pages


class RepeatVisitMiddleware:
    """Says "not modified" before any work is done for sessions, users and templates."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return pages.repeat_visit(request) or self.get_response(request)
