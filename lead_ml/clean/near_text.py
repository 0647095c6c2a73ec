"""A key that nearly identical messages share, so that a burst of one text with other names, links and numbers is counted as one."""

from __future__ import annotations

import hashlib
import re

from lead_ml.clean.fold import HAN
from lead_ml.clean.text import clean

_LONGEST = 2_000  # characters of a message that are looked at
_RUN = re.compile(r"[!-~]+")
_CHANGING = re.compile(r"[0-9@]|://|www\.")  # in addresses, links and numbers
_PART = re.compile(rf"[{HAN}]|[^\W\d_{HAN}]+")
# Words or Chinese characters together; smallest hashes that must agree; bytes of one.
_SHINGLE, _HASHES, _BYTES = 3, 3, 5
_FEWEST = 8  # words or Chinese characters, below which different people write the same


def near_text(text: str) -> str | None:
    """Return a key of a message that texts with nearly the same words share; None if it is too short to tell.

    The key holds nothing of the text. Two messages have the same one with the third power of the share of runs of three words that they
    have in common (min-wise hashing, Broder 1997), and always if they differ in numbers, links, addresses, case or punctuation only.

    >>> one = near_text("Dear sir, we offer 500 backlinks for $20 at http://a.top, please answer to joe@a.top today")
    >>> one == near_text("dear Sir - we offer 900 backlinks for $35 at http://b.xyz, please answer to ann@b.xyz today!")
    True
    >>> one == near_text("We need forty seats for our sales team in Hamburg, please send a quote"), near_text("Need pricing")
    (False, None)
    """
    cut = clean(text[:_LONGEST]).casefold()
    kept = _RUN.sub(lambda run: " " if _CHANGING.search(run[0]) else run[0], cut)
    parts = _PART.findall(kept)
    if len(parts) < _FEWEST:
        return None
    shingles = {" ".join(parts[k : k + _SHINGLE]) for k in range(len(parts) - _SHINGLE + 1)}
    hashes = [
        hashlib.blake2b(shingle.encode(), digest_size=_HASHES * _BYTES).digest() for shingle in shingles
    ]
    return "".join(
        min(found[at : at + _BYTES] for found in hashes).hex() for at in range(0, _HASHES * _BYTES, _BYTES)
    )
