"""Cleaning: pure functions from text to text.

``TRANSFORMS`` are the functions that a declaration may name, as ``category("email", transform="domain")`` or
``leads(by="email:domain")``. Bundles refer to their names and results: changing one changes trained models, so an
improved rule gets a new name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from lead_ml.clean.company import company_key
from lead_ml.clean.invented import counted_mailbox, keyboard_walk, name_in_email, random_letters
from lead_ml.clean.mail import (
    company_domain,
    disposable,
    disposable_domains,
    domain,
    free_mail,
    normal_email,
    role_mailbox,
    valid_email,
)
from lead_ml.clean.near_text import near_text
from lead_ml.clean.numbers import as_number, is_amount, plain_number
from lead_ml.clean.person import job_function, name_gibberish, name_placeholder, name_script, seniority
from lead_ml.clean.phone import normal_phone, phone_country, phone_in_country, phone_pattern
from lead_ml.clean.places import country_code
from lead_ml.clean.text import as_text, clean, missing_tags
from lead_ml.clean.trace import (
    buying_words,
    device,
    has_url,
    ip_network,
    length_bucket,
    link_spam,
    promotion_words,
    robot_agent,
)

__all__ = [
    "COMPARISONS",
    "TRANSFORMS",
    "Transform",
    "as_number",
    "as_text",
    "clean",
    "disposable_domains",
    "is_amount",
    "missing_tags",
    "normal_email",
    "normal_phone",
    "plain_number",
    "transform_with",
]

Transform = Callable[[str], str | None]

TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "buying_words": buying_words,
        "company_domain": company_domain,
        "company_key": company_key,
        "counted_mailbox": counted_mailbox,
        "country_code": country_code,
        "device": device,
        "disposable": disposable,
        "domain": domain,
        "free_mail": free_mail,
        "has_url": has_url,
        "ip_network": ip_network,
        "job_function": job_function,
        "keyboard_walk": keyboard_walk,
        "length_bucket": length_bucket,
        "link_spam": link_spam,
        "name_gibberish": name_gibberish,
        "name_placeholder": name_placeholder,
        "name_script": name_script,
        "near_text": near_text,
        "normal_email": normal_email,
        "normal_phone": normal_phone,
        "phone_country": phone_country,
        "phone_pattern": phone_pattern,
        "promotion_words": promotion_words,
        "random_letters": random_letters,
        "robot_agent": robot_agent,
        "role_mailbox": role_mailbox,
        "seniority": seniority,
        "valid_email": valid_email,
    }
)


# The rules that compare two columns, by the names that bundles refer to; they change as little as the transforms do.
COMPARISONS: Mapping[str, Callable[[str, str], str | None]] = MappingProxyType(
    {"name_in_email": name_in_email, "phone_in_country": phone_in_country}
)


def transform_with(name: str, listed: frozenset[str] | None) -> Transform:
    """Return a transform that knows the disposable domains of a bundle, None for those that are installed.

    >>> transform_with("disposable", frozenset({"acme.com"}))("a@acme.com"), transform_with("domain", None)("a@acme.com")
    ('true', 'acme.com')
    """
    if name == "disposable":
        return partial(disposable, listed=listed)
    return partial(company_domain, listed=listed) if name == "company_domain" else TRANSFORMS[name]


def warm() -> None:
    """Import what cleaning needs, so that the first lead does not wait for it."""
    normal_phone("+49 030 901820")
    disposable("a@acme.com")
