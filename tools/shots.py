"""`make shots`: a picture of every page at 360 and 1280 px, in each language.

Light by default, `--dark` for dark; `--only home,hospital` for a few pages.
"""

import argparse
import shutil
import sys
from pathlib import Path

from tools import machine
from tools.browser import HINT, chromium
from tools.pages import LANGUAGES, Stop, Visitor
from tools.server import demo

FOLDER = Path(__file__).resolve().parent.parent / "screenshots"
WIDTHS = {360: 740, 1280: 900}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--only", default="", help="names of pages, separated by commas")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    asked = parser.parse_args()
    if machine.CHROMIUM in machine.provide(machine.CHROMIUM, machine.FONTS):
        sys.exit(HINT)
    scheme = "dark" if asked.dark else "light"
    only = set(filter(None, asked.only.split(",")))
    count = 0
    with demo() as portal, chromium() as browser:
        visitor = Visitor(portal, browser)
        for language in asked.languages.split(","):
            folder = fresh_folder(FOLDER / scheme / language, keep=bool(only))
            for stop in visitor.stops(language):
                if not only or stop.name in only:
                    count += shoot(stop, folder, scheme)
        visitor.close()
    print(f"{count} pictures in {FOLDER.name}/{scheme}/")


def shoot(stop: Stop, folder: Path, scheme: str) -> int:
    """Both widths; the whole page, also below the fold."""
    stop.page.emulate_media(color_scheme=scheme)
    for width, height in WIDTHS.items():
        stop.page.set_viewport_size({"width": width, "height": height})
        stop.page.screenshot(path=folder / f"{stop.name}-{width}.png", full_page=True)
    return len(WIDTHS)


def fresh_folder(folder: Path, keep: bool) -> Path:
    if folder.exists() and not keep:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
