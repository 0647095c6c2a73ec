"""Names as one would write them: width, blanks and case repaired, nothing removed."""

from __future__ import annotations

import re

from lead_ml.clean.fold import LONGEST, join_han
from lead_ml.clean.text import clean
from lead_ml.clean.word_lists import word_list

_FEWEST = 4  # letters of a name in capitals that is not an abbreviation
_PART = re.compile(r"[^\W\d_]+")


def standard_name(text: str) -> str | None:
    """Return a person's name with plain blanks and in the usual case; a name in mixed case keeps its own.

    >>> standard_name("  JOHN   MCDONALD "), standard_name("ludwig van beethoven"), standard_name("Ｌｉ　Ｎａ"), standard_name("王 小明")
    ('John McDonald', 'Ludwig van Beethoven', 'Li Na', '王小明')
    >>> standard_name("Leonardo DiCaprio"), standard_name("ANNE-MARIE O'NEIL"), standard_name("JP"), standard_name(" ")
    ('Leonardo DiCaprio', "Anne-Marie O'Neil", 'JP', None)
    >>> standard_name("Jean DUPONT"), standard_name("Ann Lee MBA")
    ('Jean Dupont', 'Ann Lee MBA')
    """
    name = _plain(text)
    letters = [letter for letter in name if letter.isalpha() and letter.upper() != letter.lower()]
    if len(letters) >= _FEWEST and (name == name.upper() or name == name.lower()):
        first, *others = name.lower().split(" ")
        name = " ".join(
            [
                _capital(first),
                *(word if word in word_list("name_particles") else _capital(word) for word in others),
            ]
        )
    else:
        name = " ".join(_capital(word.lower()) if _is_loud(word) else word for word in name.split(" "))
    return name or None


def standard_company(text: str) -> str | None:
    """Return a company's name with plain blanks and letters of one width; its case is its own.

    >>> standard_company("ＩＢＭ　 Deutschland GmbH"), standard_company("华为 技术有限公司")
    ('IBM Deutschland GmbH', '华为技术有限公司')
    """
    return _plain(text) or None


def _is_loud(word: str) -> bool:
    """Tell whether a word of a name in mixed case is in capitals without being an abbreviation, as in *Jean DUPONT*."""
    return word.isalpha() and word.isupper() and len(word) >= _FEWEST


def _plain(text: str) -> str:
    return join_han(" ".join(clean(text[: 4 * LONGEST])[:LONGEST].split()))


def _capital(word: str) -> str:
    """Return a word with capitals at the start of its parts, and after Mc.

    >>> _capital("o'neil-mcdonald")
    "O'Neil-McDonald"
    """
    return _PART.sub(
        lambda part: (
            "Mc" + part[0][2:].capitalize()
            if part[0].startswith("mc") and len(part[0]) > 4
            else part[0].capitalize()
        ),
        word,
    )
