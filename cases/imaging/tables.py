"""Look-up tables of a picture: kept where it cannot be shown without, and as long as it says."""

import struct

# One table in each of their items.
SEQUENCES = frozenset({"ModalityLUTSequence", "VOILUTSequence"})
COLOURS = ("Red", "Green", "Blue")
# Never kept by themselves.
NAMES = frozenset(
    {"LUTData", "LUTDescriptor", "LUTExplanation", "ModalityLUTType"}
    | {f"{colour}PaletteColorLookupTableDescriptor" for colour in (*COLOURS, "Alpha")}
)
MODALITY_TYPES = frozenset({"OD", "HU", "US"})


def table_of(item) -> list:
    """The elements of a table for grey values when its data are as long as described."""
    described, data = (_element(item, name) for name in ("LUTDescriptor", "LUTData"))
    if described is None or data is None or not _agree(described, data):
        return []
    kind = _element(item, "ModalityLUTType")
    return [described, data, *([kind] if kind is not None and kind.value in MODALITY_TYPES else [])]


def palette_of(scan) -> list:
    """Descriptors and data of three colours; nothing when one of them disagrees."""
    found = []
    for colour in COLOURS:
        described = _element(scan, f"{colour}PaletteColorLookupTableDescriptor")
        whole = _element(scan, f"{colour}PaletteColorLookupTableData")
        parts = _element(scan, f"Segmented{colour}PaletteColorLookupTableData")
        if described is None or (whole is None) == (parts is None):
            return []
        if not (_agree(described, whole) if parts is None else _add_up(described, parts)):
            return []
        found += [described, whole if parts is None else parts]
    return found


def _element(dataset, name: str):
    return dataset[name] if name in dataset else None


def _shape(described) -> tuple[int, int]:
    """Entries and bits of each. Raises ValueError."""
    entries, _first, bits = (int(number) for number in described.value)
    if not 8 <= bits <= 16:
        raise ValueError
    return entries % 65536 or 65536, bits


def _agree(described, data) -> bool:
    try:
        entries, bits = _shape(described)
    except (TypeError, ValueError):
        return False
    value = data.value
    size = len(value) if isinstance(value, bytes) else 2 * data.VM
    # Entries of eight bits stand one in a word or two, the last one filled.
    return size == 2 * entries or (bits == 8 and size == entries + entries % 2)


def _add_up(described, parts) -> bool:
    """Whether runs and slopes (PS3.3, C.7.9.2) make as many entries; no copies of runs."""
    try:
        entries, bits = _shape(described)
        form = "B" if bits == 8 else "<H"
        words = [word for (word,) in struct.iter_unpack(form, parts.value)]
        place = made = 0
        while place < len(words) and made < entries:
            kind, length = words[place : place + 2]
            if kind not in (0, 1) or not length:
                return False
            place += 2 + (length if kind == 0 else 1)
            made += length
    except (TypeError, ValueError, struct.error):
        return False
    return made == entries and place <= len(words) <= place + 1
