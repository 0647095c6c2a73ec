"""Possible duplicates of one new lead by exact keys: where a model of pairs is too slow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lead_ml.clean.company import company_key
from lead_ml.clean.mail import normal_email, role_mailbox
from lead_ml.clean.names import person_key
from lead_ml.clean.phone import normal_phone
from lead_ml.lead_data.match.fields import Texts, letters_in_order, person_form
from lead_ml.lead_data.match.hubs import different_names

Key = tuple[str, str]
_NAMES = 3  # different names from which an address or a number is shared, as in the hub guard
_MOST = 50  # leads of a key; more say nothing
_SHARED = ("email", "phone")


@dataclass(frozen=True)
class PossibleDuplicate:
    """A lead that has keys in common with the one asked about; the more of them, the likelier."""

    lead_id: str
    keys: tuple[str, ...]


class KeyIndex:
    """Leads by their normalized email address, phone number, and name with company.

    Role mailboxes, and addresses and numbers that three or more different names share, are no keys. ``add`` and ``remove`` keep the
    index up to date.

    >>> index = KeyIndex()
    >>> index.add("L1", {"name": "王伟", "email": "wei.wang@acme.cn", "company": "艾克米有限公司"})
    >>> index.possible_duplicates({"name": "Wang Wei", "company": "艾克米"})
    [PossibleDuplicate(lead_id='L1', keys=('name and company',))]
    """

    def __init__(self) -> None:
        self._leads: dict[Key, dict[str, str]] = defaultdict(dict)
        self._keys: dict[str, tuple[Key, ...]] = {}

    @classmethod
    def of(cls, lead_id: Sequence[str], columns: Mapping[str, Texts]) -> KeyIndex:
        """Return the index of a table; columns that it lacks are no keys."""
        index = cls()
        used = {name: columns[name] for name in ("name", "email", "phone", "company") if name in columns}
        for row, lead in enumerate(lead_id):
            index.add(lead, {name: values[row] for name, values in used.items()})
        return index

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, lead_id: str, lead: Mapping[str, str | None]) -> None:
        """Add a lead, or replace what is known of it."""
        self.remove(lead_id)
        keys, name = tuple(_keys(lead)), person_key(lead.get("name") or "") or ""
        for key in keys:
            self._leads[key][lead_id] = name
        self._keys[lead_id] = keys

    def remove(self, lead_id: str) -> None:
        """Forget a lead; nothing happens if it is not known."""
        for key in self._keys.pop(lead_id, ()):
            del self._leads[key][lead_id]
            if not self._leads[key]:
                del self._leads[key]

    def possible_duplicates(self, lead: Mapping[str, str | None], most: int = 10) -> list[PossibleDuplicate]:
        """Return the leads that share keys with a lead, those with the most keys first."""
        found: dict[str, list[str]] = defaultdict(list)
        name = person_key(lead.get("name") or "") or ""
        for key in _keys(lead):
            for other in self._counted(key, name):
                found[other].append(key[0])
        ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
        return [PossibleDuplicate(other, tuple(keys)) for other, keys in ranked[:most]]

    def _counted(self, key: Key, name: str) -> Iterator[str]:
        """Yield the leads of a key unless people with different names share it, the one who asks among them."""
        known = self._leads.get(key, {})
        if len(known) > _MOST:
            return
        names = sorted({*known.values(), name})
        if key[0] not in _SHARED or len(names) < _NAMES or different_names(names, _NAMES) < _NAMES:
            yield from known


def _keys(lead: Mapping[str, str | None]) -> Iterator[Key]:
    email, phone = normal_email(lead.get("email") or ""), normal_phone(lead.get("phone") or "")
    if email and role_mailbox(email) != "true":
        yield "email", email
    if phone:
        yield "phone", phone
    name, company = lead.get("name"), company_key(lead.get("company") or "")
    if name and company and person_key(name):
        yield "name and company", f"{letters_in_order(person_form(name))}\n{company}"
