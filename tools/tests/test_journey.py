"""What `make journey` counts: every byte of both ways, but for the papers' own."""

import pytest

from tools.journey import LIMIT_KB, Journey, weigh

SIZES = {
    "requestHeadersSize": 1,
    "requestBodySize": 10,
    "responseHeadersSize": 100,
    "responseBodySize": 1000,
}


class Request:
    def __init__(self, method="GET", path="/en/", **sizes):
        self.method, self.url, self._sizes = method, f"http://localhost:1{path}", SIZES | sizes

    def sizes(self):
        return self._sizes


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        (Request(), 1111),
        (Request("POST", "/en/inquiry/you/"), 1111),
        (Request("PATCH", "/uploads/SH-2222-2222/1/"), 1101),
        (Request("POST", "/en/case/SH-2222-2222/papers/"), 1101),
        (Request("GET", "/en/case/SH-2222-2222/papers/"), 1111),
        # Kept by the browser: Playwright tells a body of less than nothing.
        (Request(responseBodySize=-100), 0),
    ],
)
def test_bytes_of_the_line_are_counted_and_papers_are_not(request_, size):
    assert weigh(request_) == size


@pytest.mark.parametrize(
    ("is_held", "words"),
    [(False, "goes straight to the queue"), (True, "waits to be looked at")],
)
def test_line_tells_what_became_of_the_inquiry(is_held, words):
    journey = Journey("with scripts", LIMIT_KB * 1024, 9, 41.2, is_held)
    told = [part.strip() for part in journey.line().split("  ") if part.strip()]
    assert told == ["with scripts", "350.0 KB (at most 350)", "9 requests", "41 s", words]
