"""Our own list for each group of specialties, where no hospital has said what it wants.

Written by the portal from what such departments usually read before they answer; no hospital
has confirmed it, and every page that shows it says so. A hospital's own list replaces it.
"""

from dataclasses import dataclass

from cases.checklist.papers import PaperCode as P
from hospitals.choices import Area


@dataclass(frozen=True)
class Papers:
    """Codes in the order of the page: nothing goes on without the first, the others help."""

    needed: tuple[P, ...]
    helpful: tuple[P, ...] = ()

    @property
    def codes(self) -> tuple[P, ...]:
        return (*self.needed, *self.helpful)


FOR_EVERYBODY = Papers((P.SUMMARY, P.MEDICINES), (P.DISCHARGE, P.ALLERGIES))
FOR_CHILDREN = Papers((), (P.GROWTH, P.VACCINES))

GENERAL = Papers((P.LAB,), (P.IMAGING, P.IMAGING_REPORT, P.PATHOLOGY, P.SURGERY))
CANCER = Papers(
    (P.PATHOLOGY, P.IMAGING, P.IMAGING_REPORT, P.LAB, P.TREATMENT),
    (P.SLIDES, P.SURGERY, P.GENETICS),
)
BLOOD = Papers(
    (P.LAB, P.TREATMENT), (P.PATHOLOGY, P.GENETICS, P.IMAGING, P.IMAGING_REPORT, P.VACCINES)
)
IMMUNE = Papers((P.LAB,), (P.IMAGING, P.IMAGING_REPORT, P.TREATMENT, P.PHOTOS))
INHERITED = Papers(
    (P.LAB, P.GENETICS, P.GROWTH), (P.IMAGING, P.NERVES, P.HEART, P.PREGNANCY, P.PHOTOS)
)
HEART = Papers((P.HEART, P.LAB), (P.IMAGING, P.IMAGING_REPORT, P.SURGERY, P.GROWTH))
BRAIN = Papers((P.IMAGING, P.IMAGING_REPORT), (P.NERVES, P.LAB, P.PATHOLOGY, P.SURGERY, P.SENSES))
TRANSPLANT = Papers(
    (P.LAB, P.IMAGING, P.IMAGING_REPORT),
    (P.PATHOLOGY, P.SURGERY, P.HEART, P.LUNGS, P.ENDOSCOPY, P.VACCINES),
)
DIGESTIVE = Papers((P.LAB, P.IMAGING_REPORT), (P.IMAGING, P.ENDOSCOPY, P.PATHOLOGY, P.SURGERY))
BONES = Papers((P.IMAGING, P.IMAGING_REPORT), (P.SURGERY, P.LAB, P.PHOTOS))
LUNGS = Papers((P.IMAGING, P.IMAGING_REPORT), (P.LUNGS, P.LAB, P.PATHOLOGY, P.SURGERY))
KIDNEY = Papers((P.LAB, P.IMAGING_REPORT), (P.IMAGING, P.PATHOLOGY, P.SURGERY))
WOMEN = Papers((P.IMAGING_REPORT, P.LAB), (P.PATHOLOGY, P.IMAGING, P.SURGERY, P.PREGNANCY))
SENSES = Papers((P.SENSES,), (P.IMAGING, P.IMAGING_REPORT, P.SURGERY, P.LAB, P.GENETICS))
SKIN = Papers((P.PHOTOS,), (P.PATHOLOGY, P.LAB, P.SURGERY))
HORMONES = Papers((P.LAB,), (P.IMAGING, P.IMAGING_REPORT, P.GENETICS, P.GROWTH))
INFECTION = Papers((P.LAB,), (P.IMAGING, P.IMAGING_REPORT, P.VACCINES))
EMERGENCY = Papers((P.DISCHARGE, P.LAB, P.IMAGING), (P.IMAGING_REPORT, P.SURGERY))
DEVELOPMENT = Papers((P.GROWTH,), (P.SENSES, P.NERVES, P.GENETICS, P.IMAGING, P.PREGNANCY))

BY_AREA: dict[str, Papers] = {
    Area.CANCER: CANCER,
    Area.BLOOD: BLOOD,
    Area.HEART: HEART,
    Area.BRAIN: BRAIN,
    Area.DIGESTIVE: DIGESTIVE,
    Area.TRANSPLANT: TRANSPLANT,
    Area.NEWBORN: INHERITED,
    Area.DEVELOPMENT: DEVELOPMENT,
    Area.BONES: BONES,
    Area.LUNGS: LUNGS,
    Area.KIDNEY: KIDNEY,
    Area.WOMEN: WOMEN,
    Area.SENSES: SENSES,
    Area.SKIN: SKIN,
    Area.HORMONES: HORMONES,
    Area.INFECTION: INFECTION,
    Area.EMERGENCY: EMERGENCY,
    Area.CHINESE_MEDICINE: GENERAL,
    Area.OTHER: GENERAL,
}
# Specialties whose doctors read something else than the group that the filter puts them in.
BY_SPECIALTY: dict[str, Papers] = {
    "rare-genetic-disease": INHERITED,
    "rheumatology": IMMUNE,
    "cancer-chinese-medicine": CANCER,
    "brain-tumours": Papers(CANCER.needed, (*CANCER.helpful, P.NERVES)),
    "childrens-liver-tumours": Papers(CANCER.needed, (*CANCER.helpful, P.HEART)),
    "newborn-heart-disease": HEART,
    "sleep-breathing": Papers((P.LUNGS,), (P.IMAGING_REPORT, P.HEART, P.SENSES)),
    "high-blood-pressure": Papers((P.LAB, P.HEART), (P.IMAGING_REPORT,)),
    "childrens-spine-curvature": Papers(BONES.needed, (*BONES.helpful, P.LUNGS, P.NERVES)),
}


def default_papers(specialty: str = "", area: str = "", *, is_child: bool = False) -> Papers:
    """Ours for a specialty, else for its area, else for everybody; each code once."""
    own = BY_SPECIALTY.get(specialty) or BY_AREA.get(area, GENERAL)
    parts = [FOR_EVERYBODY, own, *([FOR_CHILDREN] if is_child else [])]
    needed = dict.fromkeys(code for part in parts for code in part.needed)
    helpful = dict.fromkeys(code for part in parts for code in part.helpful)
    order = list(P)
    return Papers(
        tuple(sorted(needed, key=order.index)),
        tuple(sorted(set(helpful) - set(needed), key=order.index)),
    )
