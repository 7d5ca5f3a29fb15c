"""What a web process and a worker do before they serve; commands and tests do not."""

from collections.abc import Callable

# An app adds its own.
on_start: list[Callable[[], None]] = []


def start_serving() -> None:
    for begin in on_start:
        begin()
