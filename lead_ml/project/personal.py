"""Personal data: columns that say who a person is, which no feature shows, and sensitive ones, which no feature reads unasked."""

from __future__ import annotations

from collections.abc import Iterable

from lead_ml.declare import Attribute, Declaration, Profile, is_category, reads
from lead_ml.errors import DeclarationError
from lead_ml.project.params import Params
from lead_ml.project.schema import PERSONAL
from lead_ml.project.words import says_sensitive

_SAME = ("", "normal_email", "normal_phone")  # transforms that leave a person recognizable


def personal_columns(params: Params) -> frozenset[str]:
    """Return the lead columns that say who a person is: by their role, or because ``privacy.personal`` names them.

    >>> sorted(personal_columns(Params(project="p", data={"leads": {"path": "l.csv"}}, privacy={"personal": ["wechat"]})))
    ['email', 'ip', 'name', 'phone', 'wechat']
    """
    return frozenset((*PERSONAL, *params.privacy.personal))


def check_personal(declarations: Iterable[Declaration], params: Params) -> None:
    """Raise DeclarationError if a feature shows who a person is, or reads a sensitive column that nobody justified."""
    personal = personal_columns(params)
    for item in declarations:
        for part in item.of if isinstance(item, Profile) else (item,):
            if (column := _shown(part)) in personal:
                raise DeclarationError(
                    f"the feature {part.name} shows {column}, which says who a person is",
                    expected="a feature that tells no person from another",
                    do='name a transform, as in category("email", transform="free_mail"), or remove the feature',
                )
        for name in filter(says_sensitive, sorted(reads(item))):
            if not params.privacy.sensitive.get(name):
                raise DeclarationError(
                    f"the feature {item.name} reads {name}, which is sensitive personal data",
                    expected="no such feature, or the reason why it is needed and lawful",
                    do=f"remove the feature, or write privacy: {{sensitive: {{{name}: the reason}}}} into params.yaml",
                )


def _shown(item: Declaration) -> str:
    """Return the column whose values a feature shows as they are."""
    if isinstance(item, Attribute):
        return item.column if item.transform in _SAME else ""
    return getattr(item, "of", "") if is_category(item) and isinstance(getattr(item, "of", ""), str) else ""
