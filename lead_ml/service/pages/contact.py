"""How to reach a lead: its contact fields, with links that write a mail or dial a number where that is safe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

_MAIL = re.compile(r"[^@\s,;:<>\"]+@[^@\s,;:<>\"]+")
_NUMBER = re.compile(r"\+?[\d\s().-]{5,30}")


class ContactField(NamedTuple):
    """One way to reach a lead; ``href`` is empty where the text is no single plain address or number."""

    name: str
    text: str
    href: str


def contact_fields(lead: Mapping[str, str]) -> tuple[ContactField, ...]:
    """Return the e-mail address and the phone number of a lead, where it has them.

    >>> [field.href for field in contact_fields({"email": "li@example.cn", "phone": "+86 138 0013 8000"})]
    ['mailto:li@example.cn', 'tel:+8613800138000']
    """
    links = {"email": _mail_link, "phone": _dial_link}
    return tuple(
        ContactField(name, lead[name], link(lead[name])) for name, link in links.items() if lead.get(name)
    )


def _mail_link(text: str) -> str:
    return f"mailto:{quote(text, safe='@')}" if _MAIL.fullmatch(text) else ""


def _dial_link(text: str) -> str:
    """Return the number to dial; ``+49 (0)30`` is left out, since its digits are no number that works."""
    if not _NUMBER.fullmatch(text) or "(0)" in text:
        return ""
    return f"tel:{'+' if text.startswith('+') else ''}{re.sub('[^0-9]', '', text)}"
