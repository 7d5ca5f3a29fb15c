"""Where the process runs, and what production refuses to start with.

Kept apart from `settings` so that each rule can be tested on its own.
"""

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

PRODUCTION, DEMO, DEVELOPMENT = "production", "demo", "development"
SECRET_KEY_MIN_LENGTH = 50
SECRET_KEY_MIN_UNIQUE = 10
RECORD_KEY_BYTES = 32
RECORD_KEY_NAME = r"[A-Za-z0-9._-]{1,32}"

env = environ.Env()


def read_environment() -> str:
    """Production is the default: whoever forgets to say gets the strict rules."""
    value = env.str("ENVIRONMENT", default=PRODUCTION)
    if value not in (PRODUCTION, DEMO, DEVELOPMENT):
        raise ImproperlyConfigured(
            f"ENVIRONMENT is '{value}'. Set it to production, demo or development."
        )
    return value


def read_secret_key(environment: str, var_dir: Path) -> str:
    """The key from SECRET_KEY or SECRET_KEY_FILE; demo machines make and keep their own.

    Raises ImproperlyConfigured in production when the key is missing or weak.
    """
    key = env.str("SECRET_KEY", default="")
    key_file = env.str("SECRET_KEY_FILE", default="")
    if key_file:
        key = Path(key_file).read_text(encoding="utf-8").strip()
    if environment == PRODUCTION:
        refuse_weak_key(key)
    return key or _kept_demo_key(var_dir)


def read_former_keys(environment: str) -> list[str]:
    """Keys that still open sessions and links: each is held to what a new one is held to."""
    keys = env.list("SECRET_KEY_FALLBACKS", default=[])
    for key in keys if environment == PRODUCTION else ():
        refuse_weak_key(key, "SECRET_KEY_FALLBACKS")
    return keys


def refuse_weak_key(key: str, name: str = "SECRET_KEY") -> None:
    weak = len(key) < SECRET_KEY_MIN_LENGTH or len(set(key)) < SECRET_KEY_MIN_UNIQUE
    if weak or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            f"{name} is missing or weak. Set SECRET_KEY (or SECRET_KEY_FILE) to at least "
            f"{SECRET_KEY_MIN_LENGTH} random characters: "
            "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )


def read_record_keys(environment: str, var_dir: Path) -> list[tuple[str, str]]:
    """The key ring of RECORD_KEYS or RECORD_KEYS_FILE: "name:key,name:key", the newest first.

    Demo machines make and keep their own. Raises ImproperlyConfigured for a
    missing or malformed ring: files sealed with a wrong key are lost.
    """
    text = env.str("RECORD_KEYS", default="")
    key_file = env.str("RECORD_KEYS_FILE", default="")
    if key_file:
        text = Path(key_file).read_text(encoding="utf-8").strip()
    if not text and environment != PRODUCTION:
        text = _kept(var_dir / "record-keys", lambda: f"demo:{_new_record_key()}")
    ring = [tuple(part.strip().partition(":")[::2]) for part in text.split(",")]
    names = {name for name, _key in ring}
    if len(names) != len(ring) or not all(_is_record_key(*part) for part in ring):
        raise ImproperlyConfigured(
            "RECORD_KEYS is missing or malformed. Set RECORD_KEYS (or RECORD_KEYS_FILE) to "
            "NAME:KEY, the newest first, separated by commas; a key is 32 random bytes: "
            "openssl rand -base64 32"
        )
    return ring


def _new_record_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(RECORD_KEY_BYTES)).decode()


def _is_record_key(name: str, text: str) -> bool:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return False
    is_random = len(set(key)) >= SECRET_KEY_MIN_UNIQUE
    return bool(re.fullmatch(RECORD_KEY_NAME, name)) and len(key) == RECORD_KEY_BYTES and is_random


@dataclass(frozen=True)
class Bucket:
    """A bucket that speaks S3, for sealed files alone."""

    name: str
    endpoint: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    # Where the bucket's name stands: in the path, or before the host ("virtual").
    style: str = "path"


BUCKET_SCHEMES = {"s3": "https", "s3+http": "http"}
BUCKET_STYLES = ("path", "virtual")


def read_records_storage(environment: str) -> Bucket | None:
    """RECORDS_STORAGE: s3://USER:PASSWORD@HOST/BUCKET?region=REGION. None: files stay on the disk.

    Raises ImproperlyConfigured, without the value: it holds a password.
    """
    text = env.str("RECORDS_STORAGE", default="")
    if not text:
        return None
    bucket = _read_bucket(text)
    if bucket is None:
        raise ImproperlyConfigured(
            "RECORDS_STORAGE is malformed. Set it to s3://USER:PASSWORD@HOST/BUCKET?region=REGION "
            "(both percent-encoded), or unset it to keep files on the disk."
        )
    if environment == PRODUCTION and not bucket.endpoint.startswith("https://"):
        raise ImproperlyConfigured("RECORDS_STORAGE must be s3://, which is https, in production.")
    return bucket


def _read_bucket(text: str) -> Bucket | None:
    try:
        parts = urlsplit(text)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        return None
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    name, style = parts.path.strip("/"), options.get("style", "path")
    is_whole = host and parts.username and parts.password and re.fullmatch(r"[a-z0-9.-]+", name)
    if parts.scheme not in BUCKET_SCHEMES or not is_whole or style not in BUCKET_STYLES:
        return None
    return Bucket(
        name=name,
        endpoint=f"{BUCKET_SCHEMES[parts.scheme]}://{host}",
        region=options.get("region", "us-east-1"),
        key=unquote(parts.username),
        secret=unquote(parts.password),
        style=style,
    )


def refuse_unsafe_production(*, debug: bool, allowed_hosts: list[str], public_url: str) -> None:
    if debug:
        raise ImproperlyConfigured("DEBUG is on in production. Unset DEBUG.")
    # A dot in front stands for every name below, as a star does.
    if not allowed_hosts or any("*" in host or host[:1] in ("", ".") for host in allowed_hosts):
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS must name the exact hosts of the site, separated by commas."
        )
    if not public_url.startswith("https://"):
        raise ImproperlyConfigured(
            "PUBLIC_URL must be the address that families open, starting with https://. "
            "Links in mail are made from it."
        )
    _refuse_unset()


# What has a default that is right on one's own machine and silently wrong in production:
# the shape of a right value, and what to do.
MUST_BE_SET = {
    "TRUSTED_PROXY_COUNT": (
        r"[0-9]+",
        "Set it to the number of proxies in front of the portal: 1 with our nginx, 0 for none. "
        "With a wrong number one stranger can lock out every family.",
    ),
    "EMAIL_URL": (
        r"smtp(s|\+tls|\+ssl)?://([^@/]*@)?(\[[0-9a-f:]+\]|[^@/:?\[]+)(:[0-9]+)?/?(\?.*)?",
        "Set it to the SMTP server: smtp+tls://USER:PASSWORD@HOST:587.",
    ),
    "CLAMD_ADDRESS": (
        r"unix:/.+|tcp:.+:[0-9]{1,5}",
        "Set it to ClamAV's daemon: unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310. "
        "No file of a family is given to anybody before it was looked into.",
    ),
    "MAIL_FROM": (
        r".+@(?!localhost\b).+",
        "Set it to the sender of every mail: 'Shanghai coordinators <care@portal.example>'.",
    ),
}


def _refuse_unset() -> None:
    for name, (shape, what_to_do) in MUST_BE_SET.items():
        # The value itself is not said: the mail server's holds a password.
        if not re.fullmatch(shape, env.str(name, default="")):
            raise ImproperlyConfigured(f"{name} is missing or wrong. {what_to_do}")


def _kept_demo_key(var_dir: Path) -> str:
    return _kept(var_dir / "secret-key", lambda: secrets.token_urlsafe(64))


def _kept(path: Path, make) -> str:
    """What the file holds; made at the first start. Two processes that start at once agree."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not there: a name of our own first, then the real one, unless another was faster.
        own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        own.touch(mode=0o600)
        own.write_text(make(), encoding="utf-8")
        try:
            os.link(own, path)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text(encoding="utf-8")
