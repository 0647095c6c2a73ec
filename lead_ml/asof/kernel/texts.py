"""Texts as two plain arrays: UTF-8 bytes and offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def packed(name: str, texts: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Return ``name_bytes`` (uint8) and ``name_ends`` (int64), the end of each text in bytes.

    >>> packed("keys", ["ab", "é"])["keys_ends"].tolist()
    [2, 4]
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return {
        f"{name}_bytes": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        f"{name}_ends": np.cumsum([len(text) for text in encoded], dtype=np.int64),
    }


def unpacked(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[str, ...]:
    """Return the texts that :func:`packed` wrote.

    >>> unpacked("keys", packed("keys", ["ab", "é"]))
    ('ab', 'é')
    """
    data = arrays[f"{name}_bytes"].tobytes()
    ends = arrays[f"{name}_ends"].tolist()
    starts = [0, *ends][: len(ends)]
    return tuple(
        data[start:end].decode("utf-8", "surrogatepass") for start, end in zip(starts, ends, strict=True)
    )
