"""Our specialties as members of schema.org's MedicalSpecialty, where one says the same.

Where none does, as for eyes or for ultrasound, nothing is said. An area stands for its
specialties unless a line below speaks for one of them.
"""

from hospitals.choices import Area

OF_AREA = {
    Area.CANCER: ("Oncologic",),
    Area.BLOOD: ("Hematologic",),
    Area.HEART: ("Cardiovascular",),
    Area.BRAIN: ("Neurologic",),
    Area.DIGESTIVE: ("Gastroenterologic",),
    Area.TRANSPLANT: ("Surgical",),
    Area.NEWBORN: ("Pediatric",),
    Area.DEVELOPMENT: ("Pediatric",),
    Area.BONES: ("Musculoskeletal",),
    Area.LUNGS: ("Pulmonary",),
    Area.KIDNEY: ("Renal",),
    Area.WOMEN: ("Gynecologic",),
    Area.SKIN: ("Dermatology",),
    Area.HORMONES: ("Endocrine",),
    Area.INFECTION: ("Infectious",),
    Area.EMERGENCY: ("Emergency",),
}
OF_SPECIALTY = {
    "adult-liver-surgery-transplant": ("Surgical", "Gastroenterologic"),
    "brain-tumours": ("Oncologic", "Neurologic"),
    "breast-disease": (),
    "burns": (),
    "cancer-chinese-medicine": ("Oncologic",),
    "childhood-cancer": ("Oncologic", "Pediatric"),
    "childrens-cell-therapy-marrow-transplant": ("Hematologic", "Pediatric"),
    "childrens-digestive-disease": ("Gastroenterologic", "Pediatric"),
    "childrens-ear-nose-throat": ("Otolaryngologic", "Pediatric"),
    "childrens-hearing": ("Otolaryngologic", "Pediatric"),
    "childrens-intensive-care": ("Emergency", "Pediatric"),
    "childrens-liver-transplant": ("Surgical", "Gastroenterologic", "Pediatric"),
    "childrens-liver-tumours": ("Oncologic", "Pediatric"),
    "childrens-radiotherapy": ("Oncologic", "Pediatric"),
    "childrens-spine-curvature": ("Musculoskeletal", "Pediatric"),
    "clinical-nutrition": ("DietNutrition",),
    "dentistry-jaw-surgery": ("Dentistry", "Surgical"),
    "digestive-surgery": ("Surgical", "Gastroenterologic"),
    "ear-nose-throat": ("Otolaryngologic",),
    "endoscopic-surgery": ("Surgical",),
    "general-surgery": ("Surgical",),
    "gynaecologic-cancer": ("Oncologic", "Gynecologic"),
    "gynaecology-obstetrics": ("Gynecologic", "Obstetric"),
    "hand-surgery": ("Surgical", "Musculoskeletal"),
    "high-risk-pregnancy": ("Obstetric",),
    "limb-reattachment": ("Surgical", "Musculoskeletal"),
    "lung-cancer": ("Oncologic", "Pulmonary"),
    "nasopharynx-cancer": ("Oncologic", "Otolaryngologic"),
    "neurosurgery": ("Surgical", "Neurologic"),
    "newborn-heart-disease": ("Cardiovascular", "Pediatric"),
    "paediatric-surgery": ("Surgical", "Pediatric"),
    "paediatrics": ("Pediatric",),
    "pancreatic-surgery": ("Surgical", "Gastroenterologic"),
    "plastic-surgery": ("PlasticSurgery",),
    "prostate-cancer": ("Oncologic", "Urologic"),
    "rare-genetic-disease": ("Genetic",),
    "rehabilitation": ("Physiotherapy",),
    "rheumatology": ("Rheumatologic",),
    "robotic-gynaecologic-surgery": ("Surgical", "Gynecologic"),
    "thoracic-surgery": ("Surgical", "Pulmonary"),
    "urology": ("Urologic",),
}


def medical_specialties(slug: str, area: str) -> list[str]:
    """Addresses of the members; none where schema.org has no word for it."""
    members = OF_SPECIALTY.get(slug, OF_AREA.get(area, ()))
    return [f"https://schema.org/{member}" for member in members]
