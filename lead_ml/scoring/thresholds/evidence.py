"""The history as a bundle keeps it: only the rows that can change an answer, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.scoring.thresholds.history import History, before_opportunity, last_rows
from lead_ml.scoring.thresholds.steps import Steps


@dataclass(frozen=True)
class EvidenceTable:
    """A history from which every row is gone that no threshold, month or method looks at.

    Advice, curve and months from it equal those from the whole history, to the last bit.
    """

    history: History

    @classmethod
    def of(cls, history: History) -> EvidenceTable:
        """Keep the rows that raise their lead's highest score, the last winning row, the one before ``opportunity``."""
        kept = np.zeros(len(history.lead), dtype=np.bool_)
        kept[Steps.of(history).row] = True
        kept[last_rows(history, history.won)] = True
        kept[before_opportunity(history)] = True
        if history.as_of is not None:
            kept[int(np.argmax(history.as_of))] = True  # the end of the last month
        return cls(history.take(kept))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return plain arrays, without objects, for ``numpy.savez``."""
        return self.history.arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> EvidenceTable:
        """Read what :meth:`arrays` wrote.

        Raises
        ------
        BundleError
            If an array is missing.
        """
        return cls(History.from_arrays(arrays))
