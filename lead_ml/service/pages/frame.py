"""What every page shares, whatever it shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from lead_ml.language import LANGUAGES, Catalog, Lang, catalog

NO_VALUE = "–"


class LanguageLink(NamedTuple):
    """A link to the same page in one language; ``tag`` is its HTML language tag."""

    name: str
    tag: str
    href: str
    current: bool


@dataclass(frozen=True)
class PageFrame:
    """Language, address and visitor of a page, and the time zone of its dates.

    ``csrf`` goes into every form; ``user`` is empty if keys are off.
    """

    lang: Lang
    path: str
    query: tuple[tuple[str, str], ...] = ()
    project: str = ""
    synthetic: bool = False
    validation: str = "validated"
    forced: str = ""
    user: str = ""
    csrf: str = ""
    logged_in: bool = False
    is_admin: bool = False
    reload_failed: bool = False
    active: str = ""
    zone: str = "UTC"

    @property
    def text(self) -> Catalog:
        """The texts of the language of the page."""
        return catalog(self.lang)

    @property
    def languages(self) -> tuple[LanguageLink, ...]:
        """Links to this page in every language."""
        kept = [pair for pair in self.query if pair[0] != "lang"]
        return tuple(
            LanguageLink(
                name=catalog(lang)("language.name"),
                tag=catalog(lang)("pages.html_lang"),
                href=f"{self.path}?{urlencode([('lang', lang), *kept])}",
                current=lang == self.lang,
            )
            for lang in LANGUAGES
        )

    def link(self, path: str, **query: object) -> str:
        """Return an address in the language of the page, without the empty parts of the query."""
        kept = {name: value for name, value in query.items() if value not in ("", None)}
        return f"{path}?{urlencode({'lang': self.lang, **kept})}"

    def share(self, value: float | None) -> str:
        """Write a probability or a rate as a percentage."""
        return NO_VALUE if value is None else self.text.numbers.share(value)

    def points(self, value: float, digits: int = 1) -> str:
        """Write points of the score with their sign."""
        return self.text.numbers.signed(value, digits)

    def day(self, instant: str) -> str:
        """Write the date of an ISO 8601 instant in the time zone of the project; an empty text stays empty."""
        return self.text.numbers.date(self._local(instant)) if instant else ""

    def iso_day(self, instant: str) -> str:
        """Return that date as in ``2026-11-29``."""
        return self._local(instant).date().isoformat() if instant else ""

    def _local(self, instant: str) -> datetime:
        return datetime.fromisoformat(instant).astimezone(ZoneInfo(self.zone))

    def range(self, lower: str, upper: str) -> str:
        """Write an interval."""
        return self.text("pages.range", lower=lower, upper=upper)
