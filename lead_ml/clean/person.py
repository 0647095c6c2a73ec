"""Names and job titles of people, in Latin and Chinese script.

The answers are signals, not decisions: the gibberish score is also high for HSBC, BMW and Krzysztof.
"""

from __future__ import annotations

import re
import unicodedata

from lead_ml.clean.text import clean, truth
from lead_ml.clean.word_lists import function_rules, pattern, seniority_rules, word_list

_LONGEST = 200  # characters of a name or a title that are looked at
_LONGEST_PLACEHOLDER = 100
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def name_script(text: str) -> str | None:
    """Return the script of a name: ``han``, ``latin``, ``mixed``, ``digits`` or ``other``.

    >>> [name_script(text) for text in ("王伟", "Zoë O'Neil", "王伟 Wei", "123", "Иван")]
    ['han', 'latin', 'mixed', 'digits', 'other']
    """
    kinds = {_kind(letter) for letter in clean(text)[:_LONGEST] if letter.isalnum()}
    letters = kinds - {"digits"}
    if not kinds:
        return None
    if not letters:
        return "digits"
    return letters.pop() if len(letters) == 1 else "mixed"


def name_gibberish(text: str) -> str | None:
    """Return a gibberish score of a name, 0 to 1 in steps of 0.05, as text; None without letters.

    The mean of four signals over its Latin words: letter pairs that are rare in names, runs of five or more
    consonants, very few vowels, neighboring keys. A Chinese name scores only if one character is repeated.

    >>> name_gibberish("Maria Schneider"), name_gibberish("Zhang Wei"), name_gibberish("王伟")
    ('0', '0', '0')
    >>> name_gibberish("asdfgh jkl"), name_gibberish("xkqzvbt"), name_gibberish("HSBC"), name_gibberish("啊啊啊")
    ('0.6', '0.85', '0.5', '1')
    """
    folded = "".join(
        part
        for part in unicodedata.normalize("NFKD", clean(text)[:_LONGEST].lower())
        if part.isalpha() or part == " "
    )
    if not folded.strip():
        return None
    latin = ["".join(letter for letter in word if "a" <= letter <= "z") for word in folded.split()]
    scores = [_odd(word) for word in latin if len(word) >= 3] or [
        float(len(folded) >= 3 and len(set(folded)) == 1)
    ]
    return f"{round(sum(scores) / len(scores) * 20) / 20:g}"


def name_placeholder(text: str) -> str:
    """Return whether a name is a placeholder such as *test*, *asdf*, *John Doe* or its Chinese equivalents.

    >>> [name_placeholder(text) for text in ("Test 1", "测试员", "张三", "Tess Tester-Abel")]
    ['true', 'true', 'true', 'false']
    """
    name = clean(text).lower()
    return truth(len(name) <= _LONGEST_PLACEHOLDER and pattern("placeholder_name").fullmatch(name))


def seniority(text: str) -> str | None:
    """Return the level of a job title: c_level, director, manager, staff, intern_student; None if unknown.

    The first matching rule applies: an assistant to the CEO is staff, and a vice president is a director.

    >>> [seniority(text) for text in ("CEO & Founder", "VP Sales", "Product Manager", "Engineer", "PhD student")]
    ['c_level', 'director', 'manager', 'staff', 'intern_student']
    >>> [seniority(text) for text in ("总经理", "市场总监", "采购经理", "总经理助理", "实习生", "???")]
    ['c_level', 'director', 'manager', 'staff', 'intern_student', None]
    """
    folded = clean(text)[:_LONGEST].casefold()
    return next((level for level, rule in seniority_rules() if rule.search(folded)), None)


def job_function(text: str) -> str | None:
    """Return what a person works on by the job title, such as sales, technology, general_management; None if unknown.

    The first matching rule applies: a sales engineer works in sales.

    >>> [job_function(text) for text in ("VP Sales", "CTO", "Head of Procurement", "CEO & Founder", "Assistant")]
    ['sales', 'technology', 'procurement', 'general_management', None]
    >>> [job_function(text) for text in ("采购经理", "市场总监", "软件工程师", "财务主管", "总经理", "???")]
    ['procurement', 'marketing', 'technology', 'finance', 'general_management', None]
    """
    folded = clean(text)[:_LONGEST].casefold()
    return next((name for name, rule in function_rules() if rule.search(folded)), None)


def _odd(word: str) -> float:
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    rare = sum(pair not in word_list("common_pairs") for pair in pairs) / len(pairs)
    neighbors = sum(any(pair in row or pair in row[::-1] for row in _KEY_ROWS) for pair in pairs)
    signs = (
        min(1.0, max(0.0, rare - 0.25) * 2),
        float(re.search(r"[^aeiouy]{5}", word) is not None),
        float(sum(letter in "aeiouy" for letter in word) < len(word) / 6),
        min(1.0, 2 * neighbors / len(pairs)) if len(word) > 3 else 0.0,
    )
    score = sum(signs) / 4
    return score if score >= 0.2 else 0.0


def _kind(letter: str) -> str:
    if letter.isdigit():
        return "digits"
    name = unicodedata.name(letter, "")
    if name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY")):
        return "han"
    return "latin" if name.startswith("LATIN") else "other"
