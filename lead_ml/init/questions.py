"""What the draft could not decide: a question, the best guess, and where to change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lead_ml.language import Catalog


@dataclass(frozen=True)
class Question:
    """A question to the owner of the data; ``change`` names the setting to edit if the guess is wrong."""

    text: str
    guess: str
    change: str


@dataclass
class Findings:
    """Questions and notes of a draft, in the language of its catalog."""

    texts: Catalog
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalog section ``init``."""
        return self.texts(f"init.{key}", **values)

    def ask(self, key: str, **values: object) -> None:
        """Add the question of the catalog section ``init.questions``."""
        parts = (self.say(f"questions.{key}.{part}", **values) for part in ("text", "guess", "change"))
        self.questions.append(Question(*parts))

    def note(self, key: str, **values: object) -> None:
        """Add the note of the catalog section ``init.notes``, once."""
        text = self.say(f"notes.{key}", **values)
        if text not in self.notes:
            self.notes.append(text)

    def names(self, names: Sequence[str], limit: int = 8) -> str:
        """Return names in backticks, the number of the others after a limit.

        >>> from lead_ml.language import catalog
        >>> Findings(catalog("en")).names(["a", "b", "c"], limit=2)
        '`a`, `b` and 1 more'
        """
        shown = self.say("separator").join(f"`{name}`" for name in names[:limit])
        left = len(names) - limit
        return self.say("more", names=shown, count=left) if left > 0 else shown
