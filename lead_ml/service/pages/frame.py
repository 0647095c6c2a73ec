"""What every page shares, whatever it shows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from lead_ml.language import Lang, catalog
from lead_ml.scoring import Scorer
from lead_ml.service.pages.texts import texts_in


@dataclass(frozen=True)
class Frame:
    """Language, address and visitor of a page. ``csrf`` goes into every form; ``user`` is empty where keys are off."""

    lang: Lang
    path: str
    query: tuple[tuple[str, str], ...] = ()
    project: str = ""
    synthetic: bool = False
    user: str = ""
    csrf: str = ""
    logged_in: bool = False
    is_admin: bool = False
    reload_failed: bool = False
    active: str = ""

    @property
    def html_lang(self) -> str:
        """The language tag of the page."""
        return "zh-Hans" if self.lang == "zh" else "en"

    @property
    def switch(self) -> str:
        """The address of the same page in the other language."""
        other = "en" if self.lang == "zh" else "zh"
        kept = [pair for pair in self.query if pair[0] != "lang"]
        return f"{self.path}?{urlencode([('lang', other), *kept])}"

    def link(self, path: str, **query: object) -> str:
        """Return an address in the language of the page, without the empty parts of the query."""
        pairs = [
            ("lang", self.lang),
            *((name, value) for name, value in query.items() if value not in ("", None)),
        ]
        return f"{path}?{urlencode(pairs)}"

    def text(self, key: str) -> str:
        """Return a text of the page's language; a key without a text stays as it is."""
        return texts_in(self.lang).get(key, key)

    def share(self, value: float | None) -> str:
        """Write a probability or a rate."""
        return "–" if value is None else catalog(self.lang).numbers.share(value)


def kind_word(frame: Frame, scorer: Scorer, target: str = "conversion") -> str:
    """Return the name of the kind of model that serves a target."""
    part = scorer.bundle.parts.get(target)
    return "" if part is None else frame.text(f"kind_{part.fitted.kind}")


def signed(points: float, decimals: int = 1) -> str:
    """Write points with their sign, zero without one.

    >>> signed(1.26), signed(-0.04), signed(-2.0, 0)
    ('+1.3', '0.0', '−2')
    """
    text = f"{points:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def day(instant: str) -> str:
    """Return the date of an ISO 8601 instant.

    >>> day("2026-03-04T05:06:07Z")
    '2026-03-04'
    """
    return instant[:10]
