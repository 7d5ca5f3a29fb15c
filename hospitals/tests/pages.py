"""What the tests read from a page: the fields that a browser would send, and its problems."""

import html
import re
from html.parser import HTMLParser


class FormParser(HTMLParser):
    """The fields of each form with method post, as a browser sends them."""

    def __init__(self):
        super().__init__()
        self.forms, self._form, self._area, self._select = [], None, None, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self._form = {} if attrs.get("method") == "post" else None
            if self._form is not None:
                self.forms.append(self._form)
        if self._form is None:
            return
        name, kind = attrs.get("name"), attrs.get("type", "")
        if tag == "input" and name and kind != "submit":
            if kind not in ("checkbox", "radio") or "checked" in attrs:
                missing = "on" if kind == "checkbox" else ""
                self._form.setdefault(name, []).append(attrs.get("value", missing))
        elif tag == "textarea":
            self._area = name
            self._form[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in attrs:
            self._form[self._select] = [attrs.get("value", "")]

    def handle_data(self, data):
        if self._area:
            self._form[self._area][0] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            # A browser drops the line end that Django puts first.
            self._form[self._area][0] = self._form[self._area][0].removeprefix("\n")
            self._area = None
        if tag == "form":
            self._form = None


def forms(page) -> list[dict]:
    parser = FormParser()
    parser.feed(page.text)
    return parser.forms


def fields(page) -> dict:
    """Of the form with the claims; several boxes are a list, everything else its text."""
    form = next(form for form in forms(page) if "base_version" in form or "specialty" in form)
    form.pop("csrfmiddlewaretoken", None)
    several = ("conditions", "treatments", "codes")
    return {name: values if name.endswith(several) else values[0] for name, values in form.items()}


def problems(page) -> list[str]:
    """The sentences at the top, each without the name of its field."""
    found = re.search(r'errornote" role="alert">.*?</div>', page.text, re.S)
    rows = re.findall(r"<li>(.*?)</li>", found[0], re.S) if found else []
    return [html.unescape(re.sub(r"<a.*?</a>: ", "", row)).strip() for row in rows]


def cells(page) -> list[str]:
    """The texts of the table's cells, marks and links taken away."""
    rows = re.findall(r"<td[^>]*>(.*?)</td>", page.text, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", row)).strip() for row in rows]
