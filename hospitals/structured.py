"""What a public page says in the words of schema.org, for search engines.

Plain dicts of what the page shows anyway: nothing is read for them, nothing is claimed
beyond it, and what is withheld from the page is withheld here. A view puts the result
into its context as `structured`; base.html writes it.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils.translation import get_language, gettext

from hospitals.cards import KeptCard
from hospitals.choices import Accepting, FactKind
from hospitals.freshness import accepting_on, shanghai_today
from hospitals.models import Campus, Condition, Fact, Hospital, Listing, Specialty
from hospitals.opendata import LICENCE_URL
from hospitals.vocabulary import medical_specialties
from portal.addresses import LANGUAGES, full_address, language_tag

ICD_10 = "ICD-10"
YEAR = re.compile(r"\d{4}")
# Which file is of which kind.
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv"}


def graph(*nodes: dict) -> dict:
    return {"@context": "https://schema.org", "@graph": [node for node in nodes if node]}


def breadcrumbs(*steps: tuple[str, str]) -> dict:
    """The way here: name and full address of each step, the page itself last."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": address}
            for place, (name, address) in enumerate(steps, 1)
        ],
    }


def way_to(name: str, address: str, *between: tuple[str, str]) -> dict:
    home = gettext("Find a hospital"), full_address("home")
    return breadcrumbs(home, *between, (name, address))


def home_page() -> dict:
    """The site and its search."""
    search = {"@type": "EntryPoint", "urlTemplate": full_address("hospitals:list") + "?q={words}"}
    site = {
        "@type": "WebSite",
        "name": gettext("Treatment in Shanghai"),
        "url": full_address("home"),
        "inLanguage": language_tag(get_language()),
        "potentialAction": {
            "@type": "SearchAction",
            "target": search,
            "query-input": "required name=words",
        },
    }
    if settings.OPERATOR["name"]:
        site["publisher"] = {"@type": "Organization", "name": settings.OPERATOR["name"]}
    return graph(site)


def list_page(hospitals: Iterable[Hospital | KeptCard], *, first: int = 1) -> dict:
    """`first` is the place of the page's first hospital in the whole list."""
    way = way_to(gettext("Hospitals"), full_address("hospitals:list"))
    return graph(hospital_items(hospitals, first=first), way)


def hospital_items(hospitals: Iterable[Hospital | KeptCard], *, first: int = 1) -> dict | None:
    """The hospitals in the page's order; None without any."""
    rows = [
        {
            "@type": "ListItem",
            "position": place,
            "name": hospital.name,
            "url": full_address("hospitals:detail", hospital.slug),
        }
        for place, hospital in enumerate(hospitals, first)
    ]
    return {"@type": "ItemList", "itemListElement": rows} if rows else None


def hospital_page(
    hospital: Hospital, *, campuses: list[Campus], listings: list[Listing], facts: list[Fact]
) -> dict:
    """Only public listings and facts must reach it; the listings as `with_claims` reads them."""
    address = full_address("hospitals:detail", hospital.slug)
    names = {
        getattr(hospital, f"{field}_{code.replace('-', '_')}")
        for field in ("name", "short_name")
        for code in LANGUAGES
    }
    node = {
        "@type": "Hospital",
        "@id": f"{address}#hospital",
        "name": hospital.name,
        "alternateName": sorted(name for name in names if name and name != hospital.name),
        "url": address,
        "description": hospital.description,
        "address": [found for campus in campuses if (found := postal_address(campus))],
        "medicalSpecialty": specialties_of(listing.specialty for listing in listings),
        "department": [department(listing) for listing in listings],
        "availableService": [
            {"@type": "MedicalProcedure", "name": name} for name in offered(listings)
        ],
        **_known_facts(facts),
        **_accepting(hospital.accepting),
    }
    way = way_to(hospital.name, address, (gettext("Hospitals"), full_address("hospitals:list")))
    return graph(without_gaps(node), way)


def department(listing: Listing) -> dict:
    """A specialty of the hospital: it may take new patients where the hospital does not say."""
    accepting = accepting_on(listing.accepting, listing.accepting_until, shanghai_today())
    node = {
        "@type": "MedicalOrganization",
        "name": listing.title,
        "medicalSpecialty": specialties_of([listing.specialty]),
        **_accepting(accepting),
    }
    return without_gaps(node)


def offered(listings: list[Listing]) -> list[str]:
    """Treatments that the hospital itself names, each once."""
    rows = (row for listing in listings for row in listing.named_treatments)
    return list(dict.fromkeys(row.treatment.name for row in rows))


def postal_address(campus: Campus) -> dict | None:
    if campus.is_withheld or not campus.address:
        return None
    return {
        "@type": "PostalAddress",
        "streetAddress": campus.address,
        "addressLocality": campus.get_district_display(),
        "addressRegion": gettext("Shanghai"),
        "addressCountry": "CN",
    }


def condition_page(
    condition: Condition,
    *,
    other_names: Iterable[str],
    codes: Iterable[str],
    specialties: Iterable[Specialty],
    hospitals: Iterable[Hospital],
    first: int = 1,
) -> dict:
    """`other_names` and `hospitals` are those that the page shows, in its order."""
    address = full_address("conditions:detail", condition.slug)
    node = {
        "@type": "MedicalCondition",
        "@id": f"{address}#condition",
        "name": condition.name,
        "alternateName": list(other_names),
        "url": address,
        "code": [medical_code(code) for code in codes],
        "relevantSpecialty": specialties_of(specialties),
    }
    way = way_to(condition.name, address, (gettext("Conditions"), full_address("conditions:list")))
    return graph(without_gaps(node), hospital_items(hospitals, first=first), way)


def condition_list() -> dict:
    return graph(way_to(gettext("Conditions"), full_address("conditions:list")))


def medical_code(code: str) -> dict:
    return {"@type": "MedicalCode", "codeValue": code, "codingSystem": ICD_10}


def open_data(files: dict[str, str], changed_at: datetime | None) -> dict:
    """The directory as a data set; `files` are paths by their ending."""
    node = {
        "@type": "Dataset",
        "name": gettext("Directory of Shanghai’s public hospitals for patients from abroad"),
        "description": gettext(
            "Hospitals, their specialties, and every public claim about them with its source "
            "and date, in four languages."
        ),
        "url": full_address("open-data"),
        "license": LICENCE_URL,
        "isAccessibleForFree": True,
        "inLanguage": [language_tag(code) for code in LANGUAGES],
        "dateModified": changed_at and changed_at.isoformat(timespec="seconds"),
        "creator": _site_name(),
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": MEDIA_TYPES[ending],
                "contentUrl": f"{settings.PUBLIC_URL}{path}",
            }
            for ending, path in files.items()
        ],
    }
    return graph(without_gaps(node), way_to(gettext("Open data"), full_address("open-data")))


def specialties_of(specialties: Iterable[Specialty]) -> list[str]:
    found = [medical_specialties(row.slug, row.area) for row in specialties]
    return list(dict.fromkeys(member for members in found for member in members))


def without_gaps(node: dict) -> dict:
    """Without what is not known. False is known."""
    return {name: value for name, value in node.items() if value not in ("", None, [])}


def _known_facts(facts: list[Fact]) -> dict:
    """Contacts that lead somewhere, and the year of foundation."""
    of = {}
    for fact in facts:
        of.setdefault(fact.kind, fact)
    phone, email = of.get(FactKind.MAIN_PHONE), of.get(FactKind.MAIN_EMAIL)
    founded = of.get(FactKind.FOUNDED)
    sites = [fact.href for fact in facts if fact.kind == FactKind.WEBSITE and fact.href]
    return {
        "telephone": phone.value if phone and phone.href else "",
        "email": email.value if email and email.href else "",
        "foundingDate": founded.value if founded and YEAR.fullmatch(founded.value) else "",
        "sameAs": list(dict.fromkeys(sites)),
    }


def _accepting(accepting: str) -> dict:
    """Nothing where it is not known."""
    if accepting == Accepting.UNKNOWN:
        return {}
    return {"isAcceptingNewPatients": accepting == Accepting.YES}


def _site_name() -> dict:
    name = settings.OPERATOR["name"] or gettext("Treatment in Shanghai")
    return {"@type": "Organization", "name": name, "url": settings.PUBLIC_URL}
