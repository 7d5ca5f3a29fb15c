"""What a family reads of its scans: plain, with what to do, and never another person's name."""

import io

import pytest
from django.conf import settings
from django.utils.translation import override

from cases.imaging import words
from cases.imaging.headers import read_disc
from cases.imaging.studies import Patient, combine, read_day, study_key
from cases.tests.scans import make_directory, make_disc, make_slice, zipped

LANGUAGES = [code for code, _name in settings.LANGUAGES]
CHILD = Patient("Canary Kowalska", "20240203", "female")
KEY = b"k" * 32


def scans_of(*discs: tuple[bytes, str], patient=CHILD):
    read = {f"p{n}": read_disc(io.BytesIO(data), kind) for n, (data, kind) in enumerate(discs)}
    return combine(read, patient, KEY)


def study_of(data: bytes, kind: str = "zip", patient=CHILD):
    [study] = scans_of((data, kind), patient=patient).studies
    return study


def said(study) -> dict[str, str]:
    return {finding.code: finding.text for finding in words.study_findings(study)}


def test_a_whole_disc_of_the_child_needs_nothing():
    assert said(study_of(make_disc(range(1, 20)))) == {}


def test_the_title_says_what_and_when():
    assert words.study_title(study_of(make_disc())) == "CT of 3 March 2026"
    assert words.study_title(study_of(make_disc(StudyDate="00000000"))) == "CT without a date"
    assert words.study_title(study_of(make_slice(Modality="ECG"), "dicom")).startswith("ECG of")


def test_a_dose_report_gives_a_study_no_other_name():
    disc = zipped({"a": make_slice(), "b": make_slice(1, series="1.9", Modality="OT")})
    assert words.study_title(study_of(disc)) == "CT of 3 March 2026"


def test_missing_slices_say_what_to_do():
    disc = zipped({"DICOMDIR": make_directory(**{"s1_2_3_4": 212}), "a": make_slice()})
    assert said(study_of(disc)) == {
        "slices_missing": "This CT of 3 March 2026 has 1 of 212 slices: ask the hospital for the "
        "full disc."
    }


def test_of_several_series_the_one_is_named():
    members = {f"a{n}": make_slice(n) for n in (1, 2, 3, 9, 10)}
    members |= {f"b{n}": make_slice(n, series="1.9", SeriesDescription="COR") for n in (1, 2, 3)}
    text = said(study_of(zipped(members)))["slices_missing"]
    assert text == (
        "This CT of 3 March 2026 has 5 of 10 slices in “AX +C”: ask the hospital for the full disc."
    )


def test_a_late_beginning_is_asked_about():
    text = said(study_of(make_disc(range(173, 190))))["perhaps_missing"]
    assert text == (
        "CT of 3 March 2026, “AX +C”: the pictures begin with number 173. Ask the hospital whether "
        "the disc is complete."
    )


def test_many_lacking_series_do_not_fill_the_page():
    members = {
        f"{series}-{n}": make_slice(n, series=f"1.{series}") for series in range(1, 8)
        for n in (1, 2, 9)
    }  # fmt: skip
    found = words.study_findings(study_of(zipped(members)))
    assert [finding.code for finding in found] == ["slices_missing"] * 4 + ["more"]
    assert found[-1].text == "Pictures are missing in 3 more series."


def test_series_that_are_missing_are_counted():
    text = said(study_of(make_disc(NumberOfStudyRelatedSeries=5)))["series_missing"]
    assert "has 1 of 5 series" in text


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"PatientName": "Nowak^Piotr"}, "other_name"),
        ({"PatientBirthDate": "20190101"}, "other_birth_date"),
        ({"PatientSex": "M"}, "other_sex"),
    ],
)
def test_a_disc_of_somebody_else_is_noticed_and_names_nobody(tags, code):
    study = study_of(make_disc(**tags))
    assert list(said(study)) == [code]
    assert not {"Nowak", "Piotr", "2019"} & set(said(study)[code].replace(".", " ").split())


def test_two_people_on_one_disc_are_noticed():
    disc = zipped({"a": make_slice(1), "b": make_slice(2, PatientName="Nowak^Piotr")})
    assert {"other_name", "two_people"} == set(said(study_of(disc)))


def test_two_spellings_of_one_person_are_one():
    disc = zipped({"a": make_slice(1), "b": make_slice(2, PatientName="KOWALSKA CANARY")})
    assert said(study_of(disc)) == {}


def test_a_case_without_a_name_compares_nothing():
    assert said(study_of(make_disc(), patient=Patient("", ""))) == {}


def test_pictures_with_words_in_them_are_told_of():
    study = study_of(make_slice(BurnedInAnnotation="YES"), "dicom")
    [finding] = words.study_findings(study)
    assert (finding.code, finding.must_act) == ("burned_in", False)


def test_a_directory_alone_asks_for_the_pictures():
    scans = scans_of((make_directory(s1_2=20), "dicom"))
    assert [finding.code for finding in words.scans_findings(scans)] == ["list_only"]


def test_damaged_pictures_are_counted():
    scans = scans_of((zipped({"a": make_slice(), "b": make_slice()[:200]}), "zip"))
    [finding] = words.scans_findings(scans)
    assert finding.text.startswith("1 picture on the disc is damaged.")


def test_a_disc_of_reports_alone_has_no_pictures():
    report = make_slice(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", Rows=None, PixelData=None)
    [finding] = words.scans_findings(scans_of((report, "dicom")))
    assert finding.code == "no_pictures"


def test_a_series_on_two_papers_is_one():
    scans = scans_of((make_slice(1), "dicom"), (make_slice(2), "dicom"), (make_slice(2), "dicom"))
    [study] = scans.studies
    assert (study.pictures, study.series[0].count.twice) == (2, 1)


def test_studies_stand_with_the_newest_first():
    members = {
        str(year): make_slice(StudyInstanceUID=f"1.{year}", series=f"1.{year}.1",
                              StudyDate=f"{year}0303")
        for year in (2024, 2026, 2025)
    }  # fmt: skip
    days = [study.day.year for study in scans_of((zipped(members), "zip")).studies]
    assert days == [2026, 2025, 2024]


def test_an_address_says_nothing_of_the_disc():
    assert study_key(KEY, "1.2.3") == study_key(KEY, "1.2.3")
    assert study_key(KEY, "1.2.3") != study_key(b"x" * 32, "1.2.3")
    assert "1.2.3" not in study_key(KEY, "1.2.3")


@pytest.mark.parametrize("text", ["", "2026", "20261399", "18990101", "29990101", "abcdefgh"])
def test_days_that_no_scan_has_are_none(text):
    assert read_day(text) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_in_every_language(language):
    with override(language):
        for modality in words._MODALITIES:
            assert words.modality_word(modality)
        for part in words._BODY_PARTS:
            assert words.body_part_word(part)
        assert words.body_part_word("UNKNOWN PART") == ""
