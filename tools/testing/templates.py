"""An undefined variable in one of our templates fails the test that rendered it.

Django swallows it. Templates of other packages rely on that, so only ours are held to it.
"""

import sys
from pathlib import Path

from django.template.base import FilterExpression, Node

ROOT = Path(__file__).resolve().parent.parent.parent


class UndefinedTemplateVariable(Exception):
    pass


class UndefinedVariable(str):
    """Stands in for the option `string_if_invalid`, which is otherwise "".

    Django asks whether the option is empty exactly when a variable was not
    found: in `FilterExpression.resolve` by its truth, in blocktranslate by
    looking for "%s" in it. Both answers are what the empty string would say,
    unless the template is ours.
    """

    def __bool__(self):
        frame = sys._getframe(1)
        expression = frame.f_locals.get("self")
        if isinstance(expression, FilterExpression):
            refuse_in_our_templates(frame, expression.token)
        return False

    def __contains__(self, text):
        frame = sys._getframe(1)
        if "key" in frame.f_locals:
            refuse_in_our_templates(frame, frame.f_locals["key"])
        return False


def refuse_in_our_templates(frame, name: str) -> None:
    origin = innermost_template(frame)
    if origin and is_ours(Path(origin)):
        raise UndefinedTemplateVariable(f"'{name}' is not defined in {origin}")


def innermost_template(frame) -> str | None:
    """The file that the nearest node on the call stack was parsed from."""
    while frame:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and getattr(node, "origin", None):
            return node.origin.name
        frame = frame.f_back
    return None


def is_ours(path: Path) -> bool:
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts
