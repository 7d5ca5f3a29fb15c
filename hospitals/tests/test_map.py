"""The map of the city: its drawing, and what it says on the page."""

import html
import re

import brotli
import pytest

from hospitals import citymap
from hospitals.choices import District
from hospitals.citymap import Mark, Outline
from hospitals.models import Campus, DirectoryVersion
from hospitals.tests.finding import index_directory
from hospitals.tests.loaded import lay_directory
from portal.tests.fixtures import make_hospital

LIST = "/en/hospitals/"
CENTRAL = {"huangpu", "xuhui", "changning", "jingan", "putuo", "hongkou", "yangpu"}
LINK = r'<a href="([^"]*)" aria-label="([^"]*)"( aria-current="true")?><path class="land[" ]'


@pytest.fixture
def directory(db):
    lay_directory()


def on_map(client, query="", path=LIST) -> dict[str, str]:
    """Accessible name -> address, of each district that is a link."""
    page = client.get(f"{path}{query}").text
    links = re.findall(LINK, page)
    return {html.unescape(name): html.unescape(url) for url, name, _current in links}


def in_list(client, query="") -> dict[str, tuple[int, str]]:
    """Name -> number and address, of the list beside the map."""
    page = client.get(f"{LIST}{query}").text
    block = page.partition('<ul class="city-list"')[2].partition("</ul>")[0]
    rows = re.findall(r'<a href="([^"]*)"[^>]*><span>([^<]*)</span> <bdi[^>]*>(\d+)</bdi>', block)
    return {html.unescape(n): (int(number), html.unescape(url)) for url, n, number in rows}


# ---- The drawing ----


def test_every_district_is_drawn_once():
    city, centre = citymap.sheets()
    assert {one.key for one in centre.outlines} == CENTRAL
    assert sorted(one.key for one in city.outlines) == sorted(
        {*District.values} - CENTRAL | {citymap.CENTRE}
    )


def test_pins_and_names_lie_within_their_sheets():
    for sheet in citymap.sheets():
        for one in sheet.outlines:
            assert 40 < one.x < citymap.WIDTH - 40, one.key
            assert 45 < one.y < sheet.height - 25, one.key


def points_of(path: str):
    """The corners of each ring of a path of relative steps."""
    for ring in path.split("z")[:-1]:
        numbers = [int(number) for number in re.findall(r"-?\d+", ring)]
        x = y = 0
        corners = []
        for step in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + step[0], y + step[1]
            corners.append((x, y))
        yield corners


def holds(corners, x, y) -> bool:
    """Whether a point lies within a ring: a ray from it crosses the edges oddly often."""
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def test_each_pin_stands_in_its_own_district_alone():
    for sheet in citymap.sheets():
        for one in sheet.outlines:
            found = [
                other.key
                for other in sheet.outlines
                if any(holds(ring, one.x, one.y) for ring in points_of(other.path))
            ]
            assert found == [one.key]


def test_pin_grows_with_its_number():
    outline = Outline("pudong", "", 100, 100)
    widths = [int(re.search(r"h(\d+)q", Mark(outline, number).pin)[1]) for number in (1, 10, 1000)]
    assert widths == sorted(set(widths))


def test_name_stands_below_the_pin_and_alone_on_the_point():
    outline = Outline("pudong", "", 100, 100)
    with_pin, without = (Mark(outline, n) for n in (3, 0))
    assert with_pin.number_y < outline.y < without.label_y < with_pin.label_y


# ---- On the page ----


def test_each_district_with_hospitals_is_a_link_with_a_name(client, directory):
    links = on_map(client)
    assert links["Pudong: 5 hospitals"] == "?district=pudong"
    assert links["Hongkou: 1 hospital"] == "?district=hongkou"
    assert links["City centre: 10 hospitals"] == "#map-centre"
    assert len(links) == 10


def test_district_without_hospitals_is_no_link(client, directory):
    page = client.get(LIST).text
    assert page.count('class="land land--none"') == 7
    assert "Chongming" not in "".join(on_map(client))
    assert ">Chongming</text>" in page


def test_list_beside_the_map_says_the_same(client, directory):
    of_map = {
        name.partition(":")[0]: (int(re.search(r"\d+", name)[0]), url)
        for name, url in on_map(client).items()
        if url != "#map-centre"
    }
    of_list = in_list(client)
    assert of_list.pop("All districts") == (13, "?")
    assert of_list == of_map


def test_list_begins_with_the_fullest_district(client, directory):
    numbers = [number for number, _url in in_list(client).values()]
    assert numbers == sorted(numbers, reverse=True)


def test_links_keep_the_other_filters_and_begin_at_the_first_page(client, directory):
    query = "?q=liver&audience=children&page=1"
    index_directory()
    urls = [url for url in on_map(client, query).values() if url != "#map-centre"]
    assert urls
    assert all(url.startswith("?q=liver&audience=children&district=") for url in urls)
    assert in_list(client, query)["All districts"][1] == "?q=liver&audience=children"


def test_numbers_are_those_beside_the_other_filters(client, directory):
    links = on_map(client, "?type=paediatric&district=pudong")
    assert set(links) == {"Pudong: 1 hospital", "Minhang: 1 hospital"}


@pytest.mark.parametrize("district", ["pudong", "xuhui"])
def test_chosen_district_is_marked_in_map_and_list(client, directory, district):
    page = client.get(f"{LIST}?district={district}").text
    marked = re.findall(LINK, page)
    names = [name.partition(":")[0] for _url, name, current in marked if current]
    label = District(district).label
    assert names == ([label] if district == "pudong" else ["City centre", label])
    assert re.findall(r'aria-current="true"><span>([^<]*)', page) == [label]
    # The centre stands for it on the sheet of the city, but is not filled.
    assert page.count("land--chosen") == page.count("mark--chosen") == 1
    assert '<details class="fold city panel" id="map" open>' in page


def test_nothing_is_marked_before_a_choice(client, directory):
    page = client.get(LIST).text
    assert [current for _url, _name, current in re.findall(LINK, page) if current] == []
    assert re.findall(r'aria-current="true"><span>([^<]*)', page) == ["All districts"]


def test_chosen_district_stays_a_link_when_nothing_is_left(client, directory):
    links = on_map(client, "?district=chongming&type=cancer")
    assert links["Chongming: 0 hospitals"] == "?type=cancer&district=chongming"
    assert in_list(client, "?district=chongming&type=cancer")["Chongming"][0] == 0


def test_hospital_with_two_central_campuses_is_one_in_the_centre(client, db):
    hospital = make_hospital("two-places")
    for district in ("huangpu", "yangpu", "qingpu"):
        Campus.objects.create(hospital=hospital, key=district, district=district)
    assert set(on_map(client)) == {
        "Huangpu: 1 hospital",
        "Yangpu: 1 hospital",
        "Qingpu: 1 hospital",
        "City centre: 1 hospital",
    }


def test_pin_says_nothing_of_an_address(client, directory):
    """It stands where the district's name stands, whatever a campus's address is."""
    before = re.findall(r'<path class="pin" d="[^"]*"', client.get(LIST).text)
    Campus.objects.update(address_en="1 Somewhere Else Road", address_zh_hans="别处路1号")
    DirectoryVersion.raise_number()
    assert re.findall(r'<path class="pin" d="[^"]*"', client.get(LIST).text) == before


def test_map_speaks_the_reader_s_language(client, directory):
    page = client.get("/ar/hospitals/").text
    assert ">بودونغ</text>" in page
    assert any(name.startswith("بودونغ") for name in on_map(client, path="/ar/hospitals/"))


def test_map_is_light(client, directory):
    page = client.get(LIST).text
    drawn = "".join(re.findall(r"<svg class=\"city-map.*?</svg>", page, flags=re.S)).encode()
    assert len(brotli.compress(drawn, mode=brotli.MODE_TEXT)) < 4_000


def test_map_needs_no_style_and_no_other_site(client, directory):
    page = client.get(LIST).text
    drawn = "".join(re.findall(r"<svg class=\"city-map.*?</svg>", page, flags=re.S))
    assert re.findall(r"\bstyle=|\bsrc=|https?:", drawn) == []


def test_empty_directory_has_a_map_without_links(client, db):
    assert on_map(client) == {}
