"""What the draft could not decide: a question, the best guess, and where to change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Question:
    """A question to the owner of the data; ``change`` names the place where another answer goes."""

    text: str
    guess: str
    change: str


@dataclass
class Findings:
    """What was noticed on the way: questions in the order of their weight, and notes for the reader."""

    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def ask(self, text: str, guess: str, change: str) -> None:
        """Add a question."""
        self.questions.append(Question(text, guess, change))

    def note(self, text: str) -> None:
        """Add a note, once."""
        if text not in self.notes:
            self.notes.append(text)


def listed(names: Sequence[str], limit: int = 8) -> str:
    """Name some columns.

    >>> listed(["a", "b", "c"], limit=2)
    '`a`, `b` and 1 more'
    """
    shown = ", ".join(f"`{name}`" for name in names[:limit])
    return shown + (f" and {len(names) - limit} more" if len(names) > limit else "")
