"""Different texts in the memory of Arrow, so that most of them can be read at once and not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.clean.text import BLANK, missing_tags

_ASCII_BLANK = "".join(filter(str.isascii, BLANK))


class ArrowTexts(Sequence[str]):
    """Different texts as levels of a column; they become Python texts all at once, when the first one is read, and are held once."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self._texts: tuple[str, ...] | None = None

    @property
    def array(self) -> Any:
        """The texts as an Arrow array."""
        import pyarrow as pa

        return self._array if self._texts is None else pa.array(self._texts, pa.utf8())

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of Python."""
        if self._texts is None:
            self._texts = tuple(self._array.to_numpy(zero_copy_only=False).tolist())
            self._array = None
        return self._texts

    def __len__(self) -> int:
        return len(self._array if self._texts is None else self._texts)

    def __getitem__(self, place: Any) -> Any:
        return self.texts[place]

    def __iter__(self) -> Any:
        return iter(self.texts)

    def not_plain(self, missing: frozenset[str]) -> npt.NDArray[np.int64]:
        """Return the places of the texts that :func:`lead_ml.clean.text.as_text` may change; plain ASCII without blanks at its ends it does not.

        >>> import pyarrow as pa
        >>> ArrowTexts(pa.array(["web", " fair", "N/A", "Müller", ""])).not_plain(frozenset({"n/a"})).tolist()
        [1, 2, 3, 4]
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        texts, tags = self.array, pa.array(["", *sorted(missing_tags(missing))])
        changed = pc.or_(
            pc.not_equal(pc.ascii_trim(texts, characters=_ASCII_BLANK), texts),
            pc.is_in(pc.ascii_lower(texts), value_set=tags),
        )
        plain = pc.and_not(pc.string_is_ascii(texts), changed)
        return np.flatnonzero(~plain.to_numpy(zero_copy_only=False))
