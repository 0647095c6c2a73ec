"""Different texts in the memory of Arrow, so that most of them can be read at once and not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.clean.text import BLANK, missing_tags

_ASCII_BLANK = "".join(filter(str.isascii, BLANK))


class ArrowTexts(Sequence[str]):
    """Different texts as levels of a column; they become Python texts all at once, when the first one is read."""

    def __init__(self, array: Any) -> None:
        self.array = array

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self.array.to_numpy(zero_copy_only=False).tolist())

    def __len__(self) -> int:
        return len(self.array)

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

        tags = pa.array(["", *sorted(missing_tags(missing))], type=self.array.type)
        changed = pc.or_(
            pc.not_equal(pc.ascii_trim(self.array, characters=_ASCII_BLANK), self.array),
            pc.is_in(pc.ascii_lower(self.array), value_set=tags),
        )
        plain = pc.and_not(pc.string_is_ascii(self.array), changed)
        return np.flatnonzero(~plain.to_numpy(zero_copy_only=False))
