"""What it is called: words kept as typed, and the directory's own search, without JavaScript."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from cases.forms.known import SHOWN, KnownForm
from cases.models import Case, Draft
from cases.tests.family import ANSWERS, fill_in, send, step_url
from hospitals.finding.indexing import Name, add
from hospitals.models import Condition, ConditionCode
from hospitals.tests.finding import index_curated

pytestmark = pytest.mark.django_db
KNOWN = step_url


def add_condition(slug, name, polish, words=()):
    condition = Condition.objects.create(
        slug=slug, name_en=name, name_pl=polish, words={"en": list(words)}
    )
    ConditionCode.objects.create(condition=condition, code="C22.2")


@pytest.fixture
def conditions(db):
    add_condition("hepatoblastoma", "Hepatoblastoma", "Wątrobiak zarodkowy", ["liver tumour"])
    add_condition("hepatitis", "Hepatitis", "Zapalenie wątroby")
    index_curated()


def options(page) -> list[str]:
    return [value for value, _label in page.context["form"].fields["condition"].choices]


def search(client, words, language="en"):
    path = step_url("known").replace("/en/", f"/{language}/")
    return client.post(path, {"diagnosis": words, "search": "1"})


def test_search_shows_the_nearest_and_saves_nothing(client, conditions):
    fill_in(client, until="problem")
    page = search(client, "liver tumour")
    assert options(page) == ["hepatoblastoma", "none", "unknown"]
    assert 'value="liver tumour"' in page.text
    assert "invalid-feedback" not in page.text
    assert "known" not in Draft.objects.get().answers


def test_search_understands_slips_and_other_languages(client, conditions):
    fill_in(client, until="problem")
    assert options(search(client, "hepatoblastma"))[0] == "hepatoblastoma"
    page = search(client, "wątrobiak zarodkowy", "pl")
    assert options(page)[0] == "hepatoblastoma"
    assert "Wątrobiak zarodkowy" in page.text


def test_without_words_i_do_not_know_is_what_can_be_chosen(client, conditions):
    fill_in(client, until="problem")
    assert options(client.get(step_url("known"))) == ["unknown"]


def test_choice_stays_when_something_else_is_looked_up(client, conditions):
    fill_in(client, until="problem")
    data = {"diagnosis": "hepatitis", "condition": "hepatoblastoma", "search": "1"}
    page = client.post(step_url("known"), data)
    assert options(page) == ["hepatoblastoma", "hepatitis", "none", "unknown"]
    assert page.context["form"].initial["condition"] == "hepatoblastoma"


def test_words_and_choice_reach_the_case(client, conditions):
    words = "guz  wątroby, hepatoblastoma?"
    fill_in(client, known={"diagnosis": words, "condition": "hepatoblastoma"})
    page = client.get(reverse("inquiry:check"))
    assert "Hepatoblastoma" in page.text
    send(client)
    inquiry = Case.objects.get().inquiry
    assert (inquiry.diagnosis, inquiry.condition) == (words, "hepatoblastoma")


@pytest.mark.parametrize("choice", ["none", "unknown", ""])
def test_no_choice_is_no_condition(client, conditions, choice):
    fill_in(client, known={"diagnosis": "liver tumour", "condition": choice})
    send(client)
    assert Case.objects.get().inquiry.condition == ""


@pytest.mark.parametrize("forged", ["no-such-thing", "x" * 500])
def test_condition_that_is_none_is_refused_in_words(conditions, forged):
    form = KnownForm({"diagnosis": "", "condition": forged})
    assert form.errors["condition"] == ["Choose one of the answers on the list."]


def test_no_more_than_a_phone_shows(db):
    for number in range(SHOWN + 3):
        add_condition(f"kind-{number}", f"Sarcoma kind {number}", "")
    index_curated()
    form = KnownForm(initial={"diagnosis": "sarcoma"})
    assert len(form.fields["condition"].choices) == SHOWN + 2


def searched(words: str, path="/en/hospitals/", site="http://testserver") -> dict:
    """What a browser tells of the page with the results."""
    return {"referer": f"{site}{path}?{urlencode({'district': 'xuhui', 'q': words})}"}


def begin(client, **sent):
    return client.post(reverse("inquiry:begin"), sent)


def test_what_the_family_came_with_is_carried_and_shown(client, conditions, scmc):
    sent = {"hospital": "scmc", "condition": "hepatoblastoma", "q": " guz  wątroby <b>2 lata "}
    link = {name: sent[name] for name in ("hospital", "condition")}
    start = client.get(reverse("inquiry:start"), link, headers=searched(sent["q"]))
    assert start.context["begun"] == {**sent, "q": "guz  wątroby <b>2 lata"}
    assert "It is about: Hepatoblastoma" in start.text
    assert begin(client, **sent).url == step_url("you")
    assert Draft.objects.get().answers["_begun_with"]["q"] == "guz  wątroby <b>2 lata"
    fill_in(client, until="problem")
    form = client.get(step_url("known")).context["form"]
    assert form.initial == {"diagnosis": "guz  wątroby <b>2 lata", "condition": "hepatoblastoma"}
    fill_in(client, until="urgency")
    assert client.get(step_url("hospital")).context["form"].initial["hospital"] == "scmc"


def test_answer_given_since_counts_more_than_what_one_came_with(client, conditions):
    begin(client, condition="hepatoblastoma", q="liver")
    fill_in(client, known={"diagnosis": "hepatitis", "condition": "none"}, until="known")
    initial = client.get(step_url("known")).context["form"].initial
    assert (initial["diagnosis"], initial["condition"]) == ("hepatitis", "none")


def test_unknown_beginnings_are_left_out(client, conditions):
    begin(client, hospital="nowhere", condition="nothing", stage="closed", q="")
    assert Draft.objects.get().answers == {}


def test_begin_goes_on_with_what_is_open(client):
    begin(client)
    client.post(step_url("you"), ANSWERS["you"])
    assert begin(client, q="other words").url == reverse("inquiry:resume")
    assert Draft.objects.count() == 1


def test_words_of_the_search_are_in_no_address(client, conditions):
    assert "?" not in begin(client, q="liver tumour", condition="hepatoblastoma").url
    page = client.get(step_url("you")).text
    assert "liver" not in page.split("<main")[1]


def start(client, words="guz", **where):
    return client.get(reverse("inquiry:start"), headers=searched(words, **where))


def test_words_come_from_the_public_list_alone_A6(client):
    assert start(client).context["begun"] == {"q": "guz"}
    assert start(client, site="https://testserver").context["begun"] == {"q": "guz"}
    for where in ({"site": "https://evil.example"}, {"path": "/en/"}, {"path": "/pl/hospitals/"}):
        assert start(client, **where).context["begun"] == {}, where
    assert client.get(reverse("inquiry:start"), {"q": "guz"}).context["begun"] == {}


@pytest.mark.parametrize(
    "referer",
    ["", "http://[", "http://testserver/en/hospitals/", "http://testserver/en/hospitals/?q=",
     "http://testserver/en/hospitals/?q=%00%0a", "http://testserver/en/hospitals/?" + "&" * 8000],
)  # fmt: skip
def test_strange_places_to_come_from_bring_nothing(client, referer):
    page = client.get(reverse("inquiry:start"), headers={"referer": referer})
    assert (page.status_code, page.context["begun"]) == (200, {})


def test_words_are_in_no_address_of_the_page_that_shows_them_A6(client, scmc):
    page = client.get(
        reverse("inquiry:start"), {"hospital": "scmc"}, headers=searched("hepatoblastoma")
    )
    assert page.text.count("hepatoblastoma") == 2
    assert 'name="q" value="hepatoblastoma"' in page.text
    assert "“hepatoblastoma”" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_words_stay_when_the_language_changes_A6(client, scmc):
    page = start(client, "hepatoblastoma")
    assert 'form="begin-form" formaction="/pl/inquiry/"' in page.text
    sent = {"q": "hepatoblastoma", "hospital": "scmc", "switch_language": "pl"}
    answer = client.post("/pl/inquiry/?hospital=scmc", sent)
    # Not a page that was posted: Back would ask for the form again.
    assert (answer.status_code, answer.url) == (302, "/pl/inquiry/?hospital=scmc")
    page = client.get(answer.url)
    assert page.context["begun"] == {"q": "hepatoblastoma", "hospital": "scmc"}
    assert 'lang="pl"' in page.text
    assert Draft.objects.count() == 0
    begin(client, q="hepatoblastoma")
    assert "brought_words" not in client.session
    client.post(reverse("inquiry:discard"))
    assert client.get("/pl/inquiry/").context["begun"] == {}


def test_words_brought_along_are_kept_for_half_an_hour(client, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    client.post("/pl/inquiry/", {"q": "hepatoblastoma", "switch_language": "pl"})
    assert client.session.get_expiry_age() <= 1800
    begin(client)
    client.post(reverse("inquiry:discard"))
    client.post("/pl/inquiry/", {"q": "hepatoblastoma", "switch_language": "pl"})
    # The session goes on for longer, with something else in it.
    assert client.session.get_expiry_age() > 1800
    assert client.get("/pl/inquiry/").context["begun"] == {"q": "hepatoblastoma"}
    time_machine.shift(timedelta(minutes=31))
    assert client.get("/pl/inquiry/").context["begun"] == {}


def test_start_page_takes_no_other_post(client):
    answer = client.post(reverse("inquiry:start"), {"q": "guz"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_words_are_taken_with_a_token_alone_W4(scmc):
    strict = Client(enforce_csrf_checks=True)
    for name, sent in (("begin", {}), ("start", {"switch_language": "pl"})):
        answer = strict.post(reverse(f"inquiry:{name}"), {"q": "hepatoblastoma", **sent})
        assert answer.status_code == 403
        assert "hepatoblastoma" not in answer.text
    assert Draft.objects.count() == 0


def suggested(client, words, language="en"):
    path = reverse("inquiry:suggest").replace("/en/", f"/{language}/")
    return client.post(path, {"q": words})


def test_suggestions_are_conditions_alone_in_the_language_of_the_page(client, conditions, scmc):
    add([Name("hospital", "scmc", "en", "Hepatic Hospital", 10)])
    answer = suggested(client, "hepa").json()["suggestions"]
    assert [one["label"] for one in answer] == ["Hepatitis", "Hepatoblastoma"]
    polish = suggested(client, "wątrobiak", "pl").json()["suggestions"]
    assert [one["label"] for one in polish] == ["Wątrobiak zarodkowy"]


def test_suggestions_are_kept_nowhere_and_asked_for_by_no_address(client, conditions):
    answer = suggested(client, "hepato")
    assert "no-store" in answer["Cache-Control"]
    assert client.get(reverse("inquiry:suggest"), {"q": "hepato"}).status_code == 405
    fill_in(client, until="problem")
    assert f'data-suggest="{reverse("inquiry:suggest")}"' in client.get(step_url("known")).text


@pytest.mark.parametrize("typed", ["", "x" * 5000, "\x00"])
def test_nothing_to_suggest_is_an_empty_list(client, conditions, typed):
    assert suggested(client, typed).json() == {"suggestions": []}
