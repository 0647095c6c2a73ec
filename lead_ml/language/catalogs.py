"""One catalog file per language. A third language is one more TOML file in this folder, with the same keys.

A text may hold named fields. A field says how its value is written: ``{count:number}``, ``{share:percent1}``,
``{rate:share}``, ``{odds:plain}``, ``{points:signed1}``, ``{day:date}``: the methods of :class:`Numbers`, with a digit for the decimals. A text that depends on a
count is a table of plural forms, chosen by the field ``count`` with the language's own rule (Unicode CLDR, by Babel)::

    [worklist]
    title = "Worklist"
    open_leads = { one = "{count:number} open lead", other = "{count:number} open leads" }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal

from lead_ml.language.numbers import Numbers

_FOLDER = Path(__file__).parent
_SPEC = re.compile(r"(number|plain|percent|share|signed|date)(\d?)")

LANGUAGES: tuple[str, ...] = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))

if TYPE_CHECKING:
    Lang = str
else:
    Lang = Literal[LANGUAGES]

_PLURALS = {"zero", "one", "two", "few", "many", "other"}
Entry = str | Mapping[str, str]


class Catalog:
    """The texts of one language, by dotted key such as ``worklist.title``."""

    def __init__(self, language: str, entries: Mapping[str, Entry]) -> None:
        self.language = language
        self.entries = entries

    @cached_property
    def numbers(self) -> Numbers:
        """How the language writes numbers and dates."""
        return Numbers.of(self.language)

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return a text with its fields filled in.

        Raises
        ------
        KeyError
            If the catalog has no such key, or the text a field that is not given.

        Examples
        --------
        >>> catalog("en")("language.leads", count=1882)
        '1,882 leads'
        """
        entry = self.entries[key]
        if not isinstance(entry, str):
            form = self.numbers.locale.plural_form(values["count"]) if len(entry) > 1 else "other"
            entry = entry[form]
        return self._formatter.vformat(entry, (), values) if "{" in entry else entry

    def name_of(self, section: str, name: str) -> str:
        """Return the name for people of something that a section may not know: then its own name.

        >>> catalog("en").name_of("report.candidates", "base rate"), catalog("en").name_of("report.candidates", "mine")
        ('base rate', 'mine')
        """
        key = f"{section}.{name.replace(' ', '_')}"
        return self(key) if key in self else name

    def section(self, name: str) -> dict[str, str]:
        """Return the plain texts of one section, by the rest of their keys: what a template reads."""
        start = f"{name}."
        return {
            key.removeprefix(start): entry
            for key, entry in self.entries.items()
            if key.startswith(start) and isinstance(entry, str)
        }

    @cached_property
    def _formatter(self) -> Formatter:
        return _Fields(self.numbers)


class _Fields(Formatter):
    """``str.format`` with the number formats of a language."""

    def __init__(self, numbers: Numbers) -> None:
        self.ways: dict[str, Callable[..., str]] = {
            name: getattr(numbers, name) for name in ("number", "plain", "percent", "share", "signed", "date")
        }

    def format_field(self, value: Any, format_spec: str) -> str:
        found = _SPEC.fullmatch(format_spec)
        if found is None:
            return str(super().format_field(value, format_spec))
        way, digits = self.ways[found[1]], found[2]
        return way(value, int(digits)) if digits else way(value)


@cache
def catalog(language: Lang) -> Catalog:
    """Return the catalog of a language, one of :data:`LANGUAGES`; read once per process."""
    text = (_FOLDER / f"{language}.toml").read_text(encoding="utf-8")
    return Catalog(language, dict(_flat(tomllib.loads(text), "")))


def _flat(table: Mapping[str, Any], start: str) -> list[tuple[str, Entry]]:
    found: list[tuple[str, Entry]] = []
    for name, value in table.items():
        if isinstance(value, str) or ("other" in value and set(value) <= _PLURALS):
            found.append((start + name, value))
        else:
            found += _flat(value, f"{start}{name}.")
    return found
