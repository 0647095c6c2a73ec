"""The address of a lead in the company's CRM, made from a pattern such as ``https://crm.example.com/leads/{lead_id}``."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator

PLACE = "{lead_id}"
EXPECTED = f"an address such as https://crm.example.com/leads/{PLACE}, with {PLACE} after the host"
_PATTERN = re.compile(r"https?://(?:[^\s{}\\<>\"'`|^]|\{lead_id\})+")


def is_crm_pattern(pattern: str) -> bool:
    r"""Tell whether a pattern gives web addresses whose host no lead id can change.

    >>> [is_crm_pattern(pattern) for pattern in ("https://crm/#/{lead_id}", "https://{lead_id}/", "javascript:{lead_id}")]
    [True, False, False]
    """
    if PLACE not in pattern or not pattern.isprintable() or not _PATTERN.fullmatch(pattern):
        return False
    try:
        found = urlsplit(pattern)
        found.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    return bool(found.hostname) and "@" not in found.netloc and PLACE not in found.netloc


def _checked(pattern: str) -> str:
    if pattern and not is_crm_pattern(pattern):
        raise ValueError(f"expected {EXPECTED}")
    return pattern


CrmPattern = Annotated[str, AfterValidator(_checked)]


def crm_link(pattern: str, lead_id: str) -> str:
    """Return the address of one lead, or nothing without a pattern.

    >>> crm_link("https://crm.example.com/leads/{lead_id}?tab=1", "A/1 ?")
    'https://crm.example.com/leads/A%2F1%20%3F?tab=1'
    """
    return pattern.replace(PLACE, quote(lead_id, safe=""))
