"""Where the rows of a regular CSV text start, found in its bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lead_ml.tables.dataset import Indices

_QUOTE, _NEWLINE, _RETURN, _BLANK = b'"\n\r '


class IrregularError(ValueError):
    """A CSV text is not regular; nothing else is known of it."""


class RowScan:
    """Scans the rows of a CSV text, some lines at a time. ``quoted_blanks`` counts the quoted values that start with a blank.

    The text starts `at` a byte of its file, which another reader reads `piece` bytes at a time.
    """

    def __init__(self, separator: str, at: int, piece: int) -> None:
        self._line, self._inside, self.quoted_blanks = 1, 0, 0
        self._at, self._piece = at, piece
        self._edge = np.isin(np.arange(256), [ord(separator), _QUOTE, _NEWLINE, _RETURN])

    def rows(self, block: bytes) -> Indices:
        """Return the number of the line on which each row of a block starts; the block ends with a line break.

        Raises IrregularError for a blank line, another control character, a quote out of place, or a value with a line break between
        two pieces.
        """
        if b"\0" in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
            raise IrregularError
        text = np.frombuffer(block, dtype=np.uint8)
        quotes, breaks = np.flatnonzero(text == _QUOTE), np.flatnonzero(text == _NEWLINE)
        self._check_quotes(text, quotes)
        self._check_pieces(text, quotes)
        outside = (np.searchsorted(quotes, breaks) + self._inside) % 2 == 0
        starts = np.append([] if self._inside else -1, breaks[:-1][outside[:-1]]).astype(np.int64) + 1
        first = text[starts]
        if (first == _NEWLINE).any() or (first == _RETURN).any():
            raise IrregularError
        numbers = np.append([] if self._inside else -1, np.flatnonzero(outside[:-1])) + self._line + 1
        self._line += len(breaks)
        self._inside = (self._inside + len(quotes)) % 2
        return numbers.astype(np.int64)

    def check_end(self) -> None:
        """Raise IrregularError if a quote is still open."""
        if self._inside:
            raise IrregularError

    def _check_pieces(self, text: npt.NDArray[np.uint8], quotes: Indices) -> None:
        """Arrow leaves out a newline at the start of a piece if a return ends the one before, also inside a value."""
        ends = np.arange((-self._at - 1) % self._piece, len(text), self._piece)
        ends = ends[text[ends] == _RETURN]
        if ((np.searchsorted(quotes, ends) + self._inside) % 2).any():
            raise IrregularError
        self._at += len(text)

    def _check_quotes(self, text: npt.NDArray[np.uint8], quotes: Indices) -> None:
        """A quote follows an edge of a field if it opens one, and precedes one if it closes it; a doubled one does both."""
        opening, closing = quotes[self._inside :: 2], quotes[1 - self._inside :: 2]
        before, after = (
            text[opening - 1],
            text[closing + 1],
        )  # before the first byte is the last one, a line break
        if not (self._edge[before].all() and self._edge[after].all()):
            raise IrregularError
        self.quoted_blanks += int((text[opening + 1][before != _QUOTE] == _BLANK).sum())
