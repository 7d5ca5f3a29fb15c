"""Whatever is typed gets a clear answer in the reader's language, and stays."""

import json
from datetime import date, timedelta

import phonenumbers
import pytest
from django.http import QueryDict
from django.utils.translation import override
from django_countries import countries

from cases.forms.access import MessageForm
from cases.forms.emails import likely_address
from cases.forms.fields import age_on
from cases.forms.need import NowForm, ProblemForm, WhereForm
from cases.forms.people import ContactForm, PatientForm, YouForm
from cases.forms.policy import EXTRA_LENGTH
from cases.models import Draft
from cases.tests.family import ANSWERS, fill_in, step_url

pytestmark = pytest.mark.any_engine

CONTACT = ANSWERS["contact"]
LONG = "ł" * 10_000


def errors_of(form_class, **data) -> dict:
    return dict(form_class(data).errors)


def patient(**parts) -> PatientForm:
    return PatientForm({**ANSWERS["patient"], **parts})


@pytest.mark.django_db
def test_name_of_ten_thousand_letters_gets_a_sentence_and_stays(client):
    fill_in(client, until="you")
    page = client.post(step_url("contact"), {**CONTACT, "name": LONG}).content.decode()
    assert "Keep this to 120 letters; it has 10000 now." in page
    assert LONG in page


def test_every_text_has_a_limit_and_a_sentence():
    assert "5000 letters" in errors_of(ProblemForm, problem=LONG)["problem"][0]
    assert "200 letters" in errors_of(WhereForm, current_hospital=LONG)["current_hospital"][0]
    for name, limit in {"messenger": 100, "languages": 200, "best_time": 200}.items():
        assert f"{limit} letters" in errors_of(ContactForm, **{**CONTACT, name: LONG})[name][0]


def test_no_browser_cuts_a_text_off_in_silence():
    assert "maxlength" not in str(ContactForm()) + str(ProblemForm()) + str(MessageForm())


@pytest.mark.parametrize(
    "text", ["👶🏽 boli 👨‍👩‍👧", "محمد\u200f", "می\u200cخواهم", "李雷", "O'Brien <b>"]
)
def test_emoji_and_all_scripts_are_fine(text):
    form = WhereForm({"current_hospital": text})
    assert form.is_valid()
    assert form.cleaned_data["current_hospital"] == text


@pytest.mark.parametrize("bad", ["\u202e", "\u2066", "\u202a", "\x00", "\x1b", "\x85", "\ud800"])
def test_invisible_characters_are_taken_out_and_told(bad):
    form = ProblemForm({"problem": f"ab{bad}cd"})
    assert "We took out invisible characters" in form.errors["problem"][0]
    assert form["problem"].value() == "abcd"
    assert ProblemForm({"problem": form["problem"].value()}).is_valid()


def test_number_copied_from_a_phone_is_cleaned_in_silence():
    form = ContactForm({**CONTACT, "phone": "\u202a+48\u00a022 621\u00a000 00\u202c"})
    assert form.is_valid(), form.errors
    assert str(form.cleaned_data["phone"]) == "+48226210000"


def test_line_breaks_do_not_enter_one_line_fields():
    form = ContactForm({**CONTACT, "name": "Anna\r\nBcc: x@example.org"})
    assert form.is_valid()
    assert form.cleaned_data["name"] == "Anna Bcc: x@example.org"


def test_paragraphs_keep_their_lines():
    form = ProblemForm({"problem": "one\r\n\r\ntwo\tthree"})
    assert form.is_valid()
    assert form.cleaned_data["problem"] == "one\r\n\r\ntwo\tthree"


def test_phone_number_of_any_country_in_either_format():
    formats = (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.E164)
    regions = sorted(phonenumbers.SUPPORTED_REGIONS & set(countries.countries))
    assert len(regions) > 200
    refused = []
    for region in regions:
        number = phonenumbers.example_number(region)
        for style in formats:
            typed = phonenumbers.format_number(number, style)
            form = ContactForm({**CONTACT, "country": region, "phone": typed})
            if "phone" in form.errors:
                refused.append((region, typed))
    assert refused == []


@pytest.mark.parametrize("phone", ["12", "+48 1", "call me", "+999 123456789", "9" * 40])
def test_phone_number_that_is_none_gets_a_sentence(phone):
    assert (
        "This number does not look complete"
        in errors_of(ContactForm, **{**CONTACT, "phone": phone})["phone"][0]
    )


@pytest.mark.parametrize("country", ["", "XX", "Poland"])
def test_unknown_country_gets_a_sentence(country):
    assert "country" in errors_of(ContactForm, **{**CONTACT, "country": country})


@pytest.mark.parametrize("email", ["a", "a@b", "a b@example.org", "a@example.org\r\nBcc: b@x.org"])
def test_address_that_is_none_gets_a_sentence(email):
    assert (
        "Write the whole e-mail address"
        in errors_of(ContactForm, **{**CONTACT, "email": email})["email"][0]
    )


@pytest.mark.django_db
def test_m3_mistyped_domain_is_asked_about_once(client):
    fill_in(client, until="you")
    typed = {**CONTACT, "email": "anna@gmial.com"}
    page = client.post(step_url("contact"), typed).content.decode()
    assert "Did you mean anna@gmail.com?" in page
    assert 'name="email_asked" value="anna@gmial.com"' in page
    answer = client.post(step_url("contact"), {**typed, "email_asked": "anna@gmial.com"})
    assert answer.status_code == 302
    assert client.get(step_url("now")).status_code == 200


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a@gmial.com", "a@gmail.com"),
        ("a@hotmial.com", "a@hotmail.com"),
        ("a@GMAIL.COM", ""),
        ("a@hospital.example.org", ""),
        ("a@mail.com", ""),
    ],
)
def test_likely_address(typed, meant):
    assert likely_address(typed) == meant


def test_birth_date_in_the_future_is_refused_in_words():
    future = date.today() + timedelta(days=3)
    form = patient(
        birth_date_day=future.day, birth_date_month=future.month, birth_date_year=future.year
    )
    assert form.errors["birth_date"] == ["This date is in the future. Check the year."]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (("31", "2", "2020"), "There is no such day. Check the day and the month."),
        (("1", "1", "1899"), "This date is more than 120 years ago. Check the year."),
        (("1", "1", "24"), "Write the year with four numbers, such as 2024."),
        (("1", "May", "2024"), "Use numbers only, such as 3 2 2024."),
        (("1", "1", "20244"), "Use numbers only, such as 3 2 2024."),
        (("", "1", "2024"), "Fill in the day, the month and the year, such as 3 2 2024."),
        (("", "", ""), "Fill in the day, the month and the year, such as 3 2 2024."),
        (("-1", "1", "2024"), "Use numbers only, such as 3 2 2024."),
    ],
)
def test_birth_date_that_is_none_is_refused_in_words(parts, sentence):
    day, month, year = parts
    form = patient(birth_date_day=day, birth_date_month=month, birth_date_year=year)
    assert form.errors["birth_date"] == [sentence]
    assert form["birth_date"].value() == [day, month, year]


def test_numbers_of_any_script_make_a_date():
    form = patient(birth_date_day="٣", birth_date_month="２", birth_date_year="٢٠٢٤")
    assert form.is_valid()
    assert form.cleaned_data["birth_date"] == date(2024, 2, 3)


@pytest.mark.parametrize(
    ("birth", "age"), [(date(2008, 11, 23), 18), (date(2008, 11, 24), 17), (date(2024, 2, 29), 2)]
)
def test_age_counts_birthdays(birth, age):
    assert age_on(birth, date(2026, 11, 23)) == age


def test_sign_and_none_of_these_exclude_each_other():
    assert "none of these" in errors_of(NowForm, signs=["none", "bleeding"])["signs"][0]


def test_made_up_choice_gets_a_sentence():
    assert errors_of(NowForm, signs=["magic"])["signs"] == [
        "Choose one of the answers on the list."
    ]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "UTC", "Etc/GMT+3", "x" * 64])
def test_zone_of_the_browser_that_says_nothing_is_replaced(zone):
    form = ContactForm({**CONTACT, "browser_zone": zone})
    assert form.is_valid()
    assert form.cleaned_data["time_zone"] == "Europe/Warsaw"


def test_zone_of_the_browser_counts():
    form = ContactForm({**CONTACT, "browser_zone": "America/Chicago"})
    assert form.is_valid()
    assert form.cleaned_data["time_zone"] == "America/Chicago"


@pytest.mark.django_db
def test_z3_keys_that_are_no_fields_are_not_saved(client):
    extra = {"stage": "closed", "case": "1", "is_urgent": "1", "reference": "x", "id": "1"}
    client.post(step_url("you"), {**ANSWERS["you"], **extra})
    from cases.models import Draft

    assert Draft.objects.get().answers == {"you": {"relation": ["parent"]}}


@pytest.mark.parametrize("language", ["pl", "ar", "zh-hans"])
@pytest.mark.django_db
def test_answers_come_in_the_reader_s_language(client, language):
    fill_in(client, until="you")
    path = step_url("contact").replace("/en/", f"/{language}/")
    page = client.post(path, {**CONTACT, "name": ""})
    with override(language):
        assert f'lang="{language}"' in page.content.decode()
    assert CONTACT["email"] in page.content.decode()


@pytest.mark.django_db
def test_unknown_reference_gets_the_page_not_found(client, case):
    client.post("/en/case/", {"reference": case.reference, "code": "ABCD-EFGH-JKMN"})
    assert client.get("/en/case/SH-0000-0000/").status_code == 404
    # The path itself is refused before any view sees it, or leads to nothing.
    assert client.get("/en/case/%00/").status_code in (400, 404)


def test_invisible_characters_leave_every_value_of_every_key():
    data = QueryDict("relation=%00&relation=par%00ent&relation=parent")
    form = YouForm(data)
    assert form.is_valid()
    assert form.typed() == {"relation": ["parent"]}


def test_several_answers_stay_where_several_are_asked_for():
    form = NowForm(QueryDict("signs=bleed%00ing&signs=seizure"))
    assert form.is_valid(), form.errors
    assert form.typed() == {"signs": ["bleeding", "seizure"]}


def test_hidden_values_are_cleaned_and_cut():
    form = ContactForm({**CONTACT, "email_asked": "a\x00b" + "x" * 1000})
    assert "\x00" not in form.carried["email_asked"]
    assert form.typed()["email_asked"] == ["ab" + "x" * (EXTRA_LENGTH - 2)]


@pytest.mark.django_db
@pytest.mark.parametrize("slug", list(ANSWERS))
def test_no_page_breaks_on_nul_characters(client, slug):
    """PostgreSQL takes none in JSON: each key comes with one, twice, and the page still answers."""
    fill_in(client, until="consents")
    page = client.get(step_url(slug)).context["form"]
    data = QueryDict(mutable=True)
    for key in page._keys():
        right = ANSWERS[slug].get(key, page.carried.get(key, ""))
        values = right if isinstance(right, list) else [right]
        data.setlist(key, ["\x00", *[f"{value}\x00" for value in values]])
    answer = client.post(step_url(slug), data.dict() | dict(data.lists()))
    assert answer.status_code in (200, 302)
    assert "u0000" not in json.dumps(Draft.objects.get().answers)
