"""What a search reads again and again, kept per process until the directory changes.

The cache forgets first what was not read for the longest time.
"""

from collections.abc import Callable, Iterable

from django.core.cache import caches

from hospitals.freshness import shanghai_today

KEEP_SECONDS = 24 * 3600


def kept(
    subject: str,
    keys: Iterable[str],
    version: int,
    read: Callable[[list[str]], dict],
    *,
    where: str = "directory",
):
    """Key -> value, for the keys that have one; `read` answers for those not yet kept.

    Under the version of the directory and the day: claims fade by the day.
    """
    store = caches[where]
    prefix = f"{subject}:{version}:{shanghai_today()}:"
    names = {f"{prefix}{key}": key for key in keys}
    found = {names[name]: value for name, value in store.get_many(names).items()}
    missing = [key for key in names.values() if key not in found]
    if missing:
        fresh = {key: None for key in missing} | read(missing)
        store.set_many({f"{prefix}{key}": fresh[key] for key in missing}, KEEP_SECONDS)
        found |= fresh
    return {key: value for key, value in found.items() if value is not None}
