"""Cleaning: pure functions from text to text, without external data or libraries.

``TRANSFORMS`` are the functions that a declaration may name, as ``category("email", transform="domain")`` or
``leads(by="email:domain")``. Bundles refer to their names and results: changing one changes trained models, so an
improved rule gets a new name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lead_ml.clean.mail import (
    company_domain,
    disposable,
    domain,
    free_mail,
    normal_email,
    role_mailbox,
    valid_email,
)
from lead_ml.clean.numbers import as_number, is_amount, plain_number
from lead_ml.clean.person import name_gibberish, name_placeholder, name_script, seniority
from lead_ml.clean.phone import normal_phone, phone_country, phone_pattern
from lead_ml.clean.text import as_text, clean, missing_tags
from lead_ml.clean.trace import buying_words, device, has_url, ip_network, length_bucket, promotion_words

__all__ = [
    "TRANSFORMS",
    "Transform",
    "as_number",
    "as_text",
    "clean",
    "is_amount",
    "missing_tags",
    "normal_email",
    "normal_phone",
    "plain_number",
]

Transform = Callable[[str], str | None]

TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "buying_words": buying_words,
        "company_domain": company_domain,
        "device": device,
        "disposable": disposable,
        "domain": domain,
        "free_mail": free_mail,
        "has_url": has_url,
        "ip_network": ip_network,
        "length_bucket": length_bucket,
        "name_gibberish": name_gibberish,
        "name_placeholder": name_placeholder,
        "name_script": name_script,
        "normal_email": normal_email,
        "normal_phone": normal_phone,
        "phone_country": phone_country,
        "phone_pattern": phone_pattern,
        "promotion_words": promotion_words,
        "role_mailbox": role_mailbox,
        "seniority": seniority,
        "valid_email": valid_email,
    }
)
