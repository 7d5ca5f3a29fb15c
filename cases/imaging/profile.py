"""What becomes of each attribute in a copy for a hospital.

The list `basic_profile.csv` is table E.1-1 of DICOM PS3.15, edition 2026c, column
"Basic Profile", without its rows for whole groups, which are rules here. It was
taken from the tables of dicom-anonymizer 2.1.0 (BSD) on 2026-11-23. Three options
of the standard are used on top (E.3): patient characteristics and full dates are
retained, descriptors are cleaned. What the list does not name is kept when it is
a number, and otherwise only when it is named below: a text that nobody thought
of does not leave. Of coded attributes only those of `defined_terms.csv` stay, and
of their values only the enumerated values and defined terms of PS3.3.
"""

import csv
import re
from functools import cache
from pathlib import Path

# Raised when a copy should be made anew because of a change here.
VERSION = 3
LIST = Path(__file__).parent / "basic_profile.csv"
TERMS = Path(__file__).parent / "defined_terms.csv"
# At most 64 letters.
METHOD = "PS3.15 basic profile; dates, sex and age kept; texts cleaned"
# CID 7050: what was done, for programs.
METHODS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113105", "Clean Descriptors Option"),
    ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    ("113108", "Retain Patient Characteristics Option"),
)
# Doctors follow a tumour by dates, and judge by age. The birth date goes all the same.
RETAINED = frozenset(
    """
    PatientSex PatientAge PatientSize PatientWeight
    StudyDate SeriesDate AcquisitionDate ContentDate StudyTime SeriesTime AcquisitionTime
    ContentTime AcquisitionDateTime FrameAcquisitionDateTime FrameReferenceDateTime
    RadiopharmaceuticalStartTime RadiopharmaceuticalStopTime RadiopharmaceuticalStartDateTime
    RadiopharmaceuticalStopDateTime ContrastBolusStartTime ContrastBolusStopTime
    DecayCorrectionDateTime
    """.split()
)
# Words of people: only words of the vocabulary below stay.
DESCRIPTORS = frozenset(
    """
    StudyDescription SeriesDescription ProtocolName AcquisitionProtocolName ContrastBolusAgent
    AcquisitionProtocolDescription
    """.split()
)
# Texts of machines, in which people write too: words of the trade, makers and short signs stay.
MACHINE_TEXTS = frozenset(
    """
    Manufacturer ManufacturerModelName ConvolutionKernel SequenceName PulseSequenceName
    ReceiveCoilName TransmitCoilName WindowCenterWidthExplanation RescaleType Radiopharmaceutical
    ReconstructionMethod AttenuationCorrectionMethod ScatterCorrectionMethod MaterialThickness
    """.split()
)
# What a picture shows, from where, and how it came about. Diagnoses and procedures are in no
# list of codes that a viewer needs.
CODE_SEQUENCES = frozenset(
    """
    AnatomicRegionSequence AnatomicRegionModifierSequence PrimaryAnatomicStructureSequence
    PrimaryAnatomicStructureModifierSequence ViewCodeSequence ViewModifierCodeSequence
    PatientOrientationCodeSequence PatientOrientationModifierCodeSequence
    PatientGantryRelationshipCodeSequence ContrastBolusAgentSequence
    ContrastBolusAdministrationRouteSequence ContrastBolusIngredientCodeSequence
    RadionuclideCodeSequence RadiopharmaceuticalCodeSequence AdministrationRouteCodeSequence
    CTDIPhantomTypeCodeSequence MeasurementUnitsCodeSequence DerivationCodeSequence
    PurposeOfReferenceCodeSequence MetaboliteMapCodeSequence
    """.split()
)
# Rows of numbers without a fixed length, at most one for each frame, that tell frames apart.
VECTORS = frozenset(
    """
    FrameIncrementPointer FrameDimensionPointer DimensionIndexValues InversionTimes
    EnergyWindowVector DetectorVector PhaseVector RotationVector RRIntervalVector TimeSlotVector
    SliceVector AngularViewVector TimeSliceVector RWaveTimeVector MaskFrameNumbers
    ApplicableFrameRange
    """.split()
)
# Whole parts: commands, directories, curves, overlays; every odd group is private.
LEFT_GROUPS = frozenset({0x0000, 0x0002, 0x0004, *range(0x5000, 0x5100), *range(0x6000, 0x6100)})
VOCABULARY = frozenset(
    """
    2d 3d 4d abdomen abdominal acq adc add adrenal angio ankle aorta ap apical arm art arterial
    artery ax ax3d axial b0 b1000 b50 base bladder blade body bolus bone brachial brain breast c
    cardiac carotid cerebral cervical chest clavicle coil colon contrast cor coronal coronary
    cspine ct cta ctpa cube cut cv delayed derived diffusion dixon dorsal dsa dti dual dwi
    dynamic echo elbow ep epi equilibrium excretory expiration ext fast fat fdg femur fiesta
    flair flash foot forearm frfse fs fse full gad gd gre hand haste hd head heart high hip hr
    hrct humerus iac image in ind inspiration ir iso iv jet kidney knee lat late lateral left
    leg legs liver loc localizer low lower lspine lumbar lung lungs mandible max mediastinum
    mesh mi min minip mip mm mpr mprage mra mrcp mri mrv multi nac native neck nephro no non
    norm obl oblique opp orbit orbits out pa pancreas pd pe pelvic pelvis perf perfusion pet
    phase pituitary plain planar plus portal portovenous post pre proj propeller prostate pv qc
    radial ratio raw recon reformat renal rib ribs right rot routine sacrum sag sagittal scan
    scout se sense series shoulder sinus sinuses skull slab slice slices small soft spair spgr
    spine spir spleen ssfse standard std stir stomach sub subtraction survey suv svr swi t t1
    t1w t2 t2star t2w tap temporal thick thin thoracic thorax thyroid tibia time tir tirm tof
    topogram tra trans transverse trigger trufi tse tspine tumor tumour uni upper urography vein
    veins venous vessel vessels vibe view vol volume vrt w water wb whole wholebody window with
    without wo wrist x xray z
    """.split()
)
MAKERS = frozenset(
    """
    agfa canon carestream esaote fuji fujifilm ge gems healthcare healthineers hitachi hologic
    imaging kodak konica medical mindray minolta neusoft philips samsung shimadzu siemens systems
    toshiba uih united bone hu lung soft standard iso
    """.split()
)
# A sign of a machine, such as B30f or tfl3d1: few letters beside few digits, no word, no number.
SIGN = re.compile(r"(?=[a-z0-9]*[a-z])(?=[a-z0-9]*[0-9])[a-z0-9]{2,10}")
LONG_PART = re.compile(r"[0-9]{4}|[a-z]{4}")
# Ten digits are enough for any number of a machine; people have longer ones.
SHORT_NUMBER = re.compile(r"[0-9]{1,3}")
NUMBER = re.compile(
    r"[ ]*(?=.{1,16}$)[+-]?(?:[0-9]{1,10}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?[ ]*"
)
AGE = re.compile(r"[0-9]{3}[DWMY]")
DATE = r"(?:19|20)[0-9]{2}\.?(?:0[1-9]|1[0-2])\.?(?:0[1-9]|[12][0-9]|3[01])"
TIME = r"(?:[01][0-9]|2[0-3])(?::?[0-5][0-9](?::?[0-6][0-9](?:\.[0-9]{1,6})?)?)?"
DATETIME = rf"{DATE}(?:{TIME})?(?:[+-][01][0-9][0-5][0-9])?"
MOMENT = {
    "DA": re.compile(DATE),
    "TM": re.compile(TIME),
    "DT": re.compile(DATETIME),
}
NUMBERS = frozenset("US SS UL SL UV SV FL FD AT".split())


@cache
def listed_actions() -> dict[int, str]:
    """What the standard asks for, by tag: X remove, Z empty, D replace, U another identifier."""
    with LIST.open(newline="", encoding="utf-8") as file:
        return {int(row["tag"], 16): row["action"] for row in csv.DictReader(file)}


@cache
def defined_terms() -> dict[str, frozenset[str]]:
    """The values that a coded attribute may keep, by its name."""
    with TERMS.open(newline="", encoding="utf-8") as file:
        return {row["keyword"]: frozenset(row["terms"].split("|")) for row in csv.DictReader(file)}
