"""Addresses that look mistyped: asked about gently, never refused (row M3)."""

from difflib import get_close_matches

KNOWN_DOMAINS = (
    "gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "hotmail.com", "outlook.com",
    "live.com", "msn.com", "icloud.com", "me.com", "mac.com", "aol.com", "mail.com", "proton.me",
    "protonmail.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "wp.pl", "o2.pl",
    "onet.pl", "interia.pl", "op.pl", "gazeta.pl", "poczta.fm", "tlen.pl", "qq.com", "163.com",
    "126.com", "sina.com", "sohu.com", "foxmail.com", "yeah.net", "mail.ru", "yandex.ru",
    "bk.ru", "list.ru", "ukr.net", "orange.fr", "free.fr", "laposte.net", "libero.it",
    "yahoo.co.uk", "hotmail.co.uk", "yahoo.fr", "hotmail.fr", "outlook.sa", "naver.com",
)  # fmt: skip
LIKENESS = 0.84


def likely_address(email: str) -> str:
    """The address that was probably meant, or nothing when this one looks right."""
    name, _at, domain = email.rpartition("@")
    domain = domain.lower()
    if domain in KNOWN_DOMAINS:
        return ""
    close = get_close_matches(domain, KNOWN_DOMAINS, n=1, cutoff=LIKENESS)
    return f"{name}@{close[0]}" if close else ""
