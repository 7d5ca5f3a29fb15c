"""The part of schema.org that our pages use, and a check of a page's data against it.

Written down from the vocabulary at https://schema.org (version 29; CC BY-SA 3.0), for the
types and properties that `hospitals.structured` writes. A new property is looked up there
first and gets its line here.
"""

import re

# Each type and the types that it is a kind of.
PARENTS = {
    "Thing": (),
    "Action": ("Thing",),
    "SearchAction": ("Action",),
    "BreadcrumbList": ("ItemList",),
    "CivicStructure": ("Place",),
    "ContactPoint": ("StructuredValue",),
    "CreativeWork": ("Thing",),
    "DataDownload": ("MediaObject",),
    "Dataset": ("CreativeWork",),
    "EmergencyService": ("LocalBusiness",),
    "EntryPoint": ("Intangible",),
    "Hospital": ("CivicStructure", "EmergencyService", "MedicalOrganization"),
    "Intangible": ("Thing",),
    "ItemList": ("Intangible",),
    "ListItem": ("Intangible",),
    "LocalBusiness": ("Organization", "Place"),
    "MediaObject": ("CreativeWork",),
    "MedicalCode": ("MedicalIntangible",),
    "MedicalCondition": ("MedicalEntity",),
    "MedicalEntity": ("Thing",),
    "MedicalIntangible": ("MedicalEntity",),
    "MedicalOrganization": ("Organization",),
    "MedicalProcedure": ("MedicalEntity",),
    "Organization": ("Thing",),
    "Place": ("Thing",),
    "PostalAddress": ("ContactPoint",),
    "StructuredValue": ("Intangible",),
    "WebSite": ("CreativeWork",),
}
# Types that have the property, and what its value may be.
PROPERTIES = {
    "name": ("Thing", "Text"),
    "alternateName": ("Thing", "Text"),
    "description": ("Thing", "Text"),
    "url": ("Thing", "URL"),
    "sameAs": ("Thing", "URL"),
    "potentialAction": ("Thing", "Action"),
    "address": ("Organization Place", "PostalAddress Text"),
    "telephone": ("ContactPoint Organization Place", "Text"),
    "email": ("ContactPoint Organization", "Text"),
    "foundingDate": ("Organization", "Date"),
    "department": ("Organization", "Organization"),
    "medicalSpecialty": ("Hospital MedicalOrganization", "MedicalSpecialty"),
    "isAcceptingNewPatients": ("MedicalOrganization", "Boolean"),
    "availableService": ("Hospital", "MedicalProcedure"),
    "streetAddress": ("PostalAddress", "Text"),
    "addressLocality": ("PostalAddress", "Text"),
    "addressRegion": ("PostalAddress", "Text"),
    "addressCountry": ("PostalAddress", "Text"),
    "code": ("MedicalEntity", "MedicalCode"),
    "relevantSpecialty": ("MedicalEntity", "MedicalSpecialty"),
    "codeValue": ("MedicalCode", "Text"),
    "codingSystem": ("MedicalCode", "Text"),
    "itemListElement": ("ItemList", "ListItem"),
    "position": ("ListItem CreativeWork", "Integer"),
    "item": ("ListItem", "Thing URL"),
    "inLanguage": ("CreativeWork", "Text"),
    "publisher": ("CreativeWork", "Organization"),
    "creator": ("CreativeWork", "Organization"),
    "license": ("CreativeWork", "URL"),
    "isAccessibleForFree": ("CreativeWork Place", "Boolean"),
    "dateModified": ("CreativeWork", "Date"),
    "distribution": ("Dataset", "DataDownload"),
    "encodingFormat": ("MediaObject CreativeWork", "Text"),
    "contentUrl": ("MediaObject", "URL"),
    "target": ("Action", "EntryPoint URL"),
    "query-input": ("SearchAction", "Text"),
    "urlTemplate": ("EntryPoint", "Text"),
}
MEDICAL_SPECIALTIES = frozenset(
    "Anesthesia Cardiovascular CommunityHealth Dentistry Dermatologic Dermatology DietNutrition "
    "Emergency Endocrine Gastroenterologic Genetic Geriatric Gynecologic Hematologic Infectious "
    "LaboratoryScience Midwifery Musculoskeletal Neurologic Nursing Obstetric Oncologic Optometric "
    "Otolaryngologic Pathology Pediatric PharmacySpecialty Physiotherapy PlasticSurgery Podiatric "
    "PrimaryCare Psychiatric PublicHealth Pulmonary Radiography Renal RespiratoryTherapy "
    "Rheumatologic SpeechPathology Surgical Toxicologic Urologic".split()
)
ADDRESS = re.compile(r"https?://[^\s<>\"{}]+")
DAY = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\+\d{2}:\d{2}|Z))?)?)?")


def problems(data: dict) -> list[str]:
    """What schema.org would not understand of a page's data; empty if it is valid."""
    if data.get("@context") != "https://schema.org":
        return ["no context"]
    found = []
    for node in data["@graph"]:
        found += node_problems(node, node.get("@type", "?"))
    return found


def node_problems(node: dict, where: str) -> list[str]:
    kind = node.get("@type")
    if kind not in PARENTS:
        return [f"{where}: unknown type {kind}"]
    found = []
    for name, value in node.items():
        if name not in ("@type", "@id"):
            found += property_problems(kind, name, value, f"{where}.{name}")
    return found


def property_problems(kind: str, name: str, value, where: str) -> list[str]:
    if name not in PROPERTIES:
        return [f"{where}: unknown property"]
    domains, ranges = (words.split() for words in PROPERTIES[name])
    if not ancestors(kind) & set(domains):
        return [f"{where}: {kind} has no such property"]
    values = value if isinstance(value, list) else [value]
    found = [] if values else [f"{where}: empty"]
    for one in values:
        if isinstance(one, dict):
            found += node_problems(one, where)
        if not any(fits(one, wanted) for wanted in ranges):
            found.append(f"{where}: {one!r} is none of {ranges}")
    return found


def fits(value, wanted: str) -> bool:
    if isinstance(value, dict):
        return wanted in ancestors(value.get("@type", ""))
    if wanted == "MedicalSpecialty":
        address, _slash, member = str(value).rpartition("/")
        return address == "https://schema.org" and member in MEDICAL_SPECIALTIES
    plain = {
        "Text": lambda: isinstance(value, str) and value.strip() != "",
        "URL": lambda: isinstance(value, str) and ADDRESS.fullmatch(value) is not None,
        "Date": lambda: isinstance(value, str) and DAY.fullmatch(value) is not None,
        "Boolean": lambda: isinstance(value, bool),
        "Integer": lambda: type(value) is int,
    }
    return wanted in plain and plain[wanted]()


def ancestors(kind: str) -> set[str]:
    """The type and everything that it is a kind of."""
    found = {kind} & set(PARENTS)
    for parent in PARENTS.get(kind, ()):
        found |= ancestors(parent)
    return found
