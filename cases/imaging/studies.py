"""The discs of a case together: studies, their series, what is missing, whose they are."""

import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from cases.imaging.people import Same, same_day, same_name, same_sex
from cases.imaging.slices import Count, Image, count_slices

# A way of getting an overview, not a stack: nobody misses a slice of them.
NO_STACKS = frozenset({"DX", "CR", "MG", "US", "XA", "RF", "SC", "OT", "IVUS", "ES", "XC", "DOC"})


@dataclass
class Patient:
    """Of the case, as the family wrote it; `born` as YYYYMMDD."""

    name: str
    born: str
    sex: str = ""


@dataclass
class Series:
    uid: str
    modality: str
    description: str
    body_part: str
    number: int | None
    syntax: str
    size: tuple[int | None, int | None]
    count: Count
    listed: int | None
    burned_in: dict[str, int]
    images: list[Image]

    @property
    def is_stack(self) -> bool:
        return self.modality not in NO_STACKS

    @property
    def missing(self) -> int:
        return self.count.missing if self.is_stack or self.listed else 0


@dataclass
class Study:
    uid: str
    key: str
    day: date | None
    description: str
    modalities: list[str]
    people: list[list[str]]
    series: list[Series]
    series_expected: int
    name: Same = Same.UNKNOWN
    born: Same = Same.UNKNOWN
    sex: Same = Same.UNKNOWN
    # Two people on one disc, whoever they are.
    is_mixed: bool = False

    @property
    def pictures(self) -> int:
        return sum(series.count.here for series in self.series)

    @property
    def missing_series(self) -> int:
        return max(0, self.series_expected - len(self.series))

    @property
    def body_part(self) -> str:
        parts = Counter(series.body_part for series in self.series if series.body_part)
        return parts.most_common(1)[0][0] if parts else ""

    @property
    def is_doubtful(self) -> bool:
        """Perhaps another patient's."""
        return self.is_mixed or Same.NO in (self.name, self.born, self.sex)

    @property
    def burned_in(self) -> int:
        return sum(sum(series.burned_in.values()) for series in self.series)


@dataclass
class Scans:
    """Everything that the family's page and the office's panel are made of."""

    studies: list[Study] = field(default_factory=list)
    others: Counter = field(default_factory=Counter)
    unreadable: int = 0
    is_partial: bool = False

    @property
    def is_list_only(self) -> bool:
        """The disc's table of contents came without the disc."""
        return not self.studies and bool(self.others["directory"])


def study_key(key: bytes, uid: str) -> str:
    """For an address: says nothing of the disc, and nobody can guess it."""
    return hmac.new(key, b"study:" + uid.encode(), hashlib.sha256).hexdigest()[:20]


def combine(discs: dict[str, dict], patient: Patient, key: bytes) -> Scans:
    """`discs` are the answers of `headers.read_disc` by the name of their paper."""
    scans, series, listed, studies = Scans(), {}, Counter(), {}
    for paper, disc in discs.items():
        scans.others.update(disc["others"])
        scans.unreadable += disc["unreadable"]
        scans.is_partial |= disc["is_partial"]
        listed.update(disc["listed"])
        for uid, told in disc["studies"].items():
            _add_study(studies, uid, told, disc["people"])
        for uid, told in disc["series"].items():
            _add_series(series, uid, told, paper)
    for uid, told in studies.items():
        mine = [
            _make_series(one, told_series, listed.get(one))
            for one, told_series in series.items()
            if told_series["study"] == uid and told_series["pictures"]
        ]
        if mine:
            mine.sort(key=lambda one: (one.number is None, one.number or 0, one.uid))
            scans.studies.append(_make_study(uid, told, mine, patient, key))
    scans.studies.sort(key=lambda study: (study.day or date.min, study.uid), reverse=True)
    return scans


def _add_study(studies: dict, uid: str, told: dict, people: list) -> None:
    known = studies.setdefault(uid, {"day": "", "description": "", "people": [], "series": 0})
    known["day"] = known["day"] or told["day"]
    known["description"] = known["description"] or told["description"]
    known["series"] = max(known["series"], told["series"] or 0)
    for number in told["people"]:
        if people[number] not in known["people"]:
            known["people"].append(people[number])


def _add_series(series: dict, uid: str, told: dict, paper: str) -> None:
    known = series.setdefault(uid, told | {"pictures": [], "burned": Counter(), "counts": set()})
    known["burned"].update(told["burned_in"])
    known["counts"].update(told["acquisitions"])
    known["declared"] = max(known["declared"] or 0, told["declared"] or 0)
    known["pictures"] += [Image((paper, number), *rest) for number, *rest in told["images"]]


def _make_series(uid: str, told: dict, listed: int | None) -> Series:
    # Pictures "in the acquisition" promise a series only where it is all of one acquisition.
    declared = told["declared"] if len(told["counts"]) <= 1 else None
    return Series(
        uid=uid,
        modality=told["modality"],
        description=told["description"],
        body_part=told["body_part"],
        number=told["number"],
        syntax=told["syntax"],
        size=(told["rows"], told["columns"]),
        count=count_slices(told["pictures"], declared, listed, told["pitch"]),
        listed=listed,
        burned_in=dict(told["burned"]),
        images=told["pictures"],
    )


def _make_study(uid: str, told: dict, series: list[Series], patient: Patient, key: bytes) -> Study:
    people = told["people"]
    study = Study(
        uid=uid,
        key=study_key(key, uid),
        day=read_day(told["day"]),
        description=told["description"],
        modalities=sorted({one.modality for one in series if one.modality}),
        people=people,
        series=series,
        series_expected=told["series"],
    )
    study.name = _worst(same_name(person[0], patient.name) for person in people)
    study.born = _worst(same_day(person[1], patient.born) for person in people)
    study.sex = _worst(same_sex(person[2], patient.sex) for person in people)
    study.is_mixed = is_mixed(people)
    return study


def _worst(answers) -> Same:
    found = set(answers)
    return next((one for one in (Same.NO, Same.YES) if one in found), Same.UNKNOWN)


def is_mixed(people: list[list[str]]) -> bool:
    """Two people who differ in name or birth date, not in the way of writing alone."""
    first, *rest = people or [[]]
    return any(
        Same.NO in (same_name(one[0], first[0].replace("^", " ").partition("=")[0]),
                    same_day(one[1], first[1]) if first[1] else Same.UNKNOWN)
        for one in rest
    )  # fmt: skip


def read_day(text: str) -> date | None:
    """None for days that no calendar has, and for those of machines without a clock."""
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
    return day if 1970 <= day.year <= date.today().year + 1 else None
