"""Names and job titles of people, in Latin and Chinese script.

Features, never verdicts: a gibberish score also rises on HSBC, BMW and Krzysztof.
"""

from __future__ import annotations

import re
import unicodedata

from lead_ml.clean.text import clean, words

_COMMON_PAIRS = words(
    """al an ar as at be ca ch ci co da de di do ed ee el em en er es et eu fa fe fi fr ga ge gh go gu ha he hi ho hu
    ia ic id ie il im in io ir is it ja je ji ji jo ka ke ki ko la le li ll lo lu ly ma me mi mo mu my na nc nd ne ng ni
    nn no nt ol om on oo op or os ou ov ra rd re ri ro rr rs rt ru ry sa sc se sh si so ss st su ta te th ti to tr tt tu
    ub ul um un ur us ut va ve vi wa we wi wo xi ya ye yi yo yu za ze zh zi zu ai ao ei iu ui ua ue uo ba bo bi br bu cr
    cu cl dr du ev ew ey fl gr ht iv kr ks lt mb mp ns ny oh ow pa pe ph pi pl po pr qi qu rk rl rm rn sk sl sm sp sw
    tz wh wn xu yn"""
)
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_PLACEHOLDER = re.compile(
    r"(?:test(?:er|ing)?|demo|sample|asdf\w*|qwer\w*|abc\w?|x{2,}|a{2,}|na|none|nobody|anonymous|admin|user|foo|bar"
    r"|first ?name|last ?name|your ?name|john doe|jane doe|测试\w*|试试|某某|匿名|张三|李四|无名氏|啊+|\d+)(?:[ _-]*\d*)"
)
_SENIORITY: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (level, re.compile(pattern))
    for level, pattern in (
        (
            "intern_student",
            r"\b(?:intern|internship|trainee|student|phd candidate|apprentice)\b|实习|学生|研究生|学徒",
        ),
        ("staff", r"\b(?:assistant|secretary)\b|助理|秘书"),
        ("director", r"\b(?:vice president|vp|svp|evp|avp|director|head)\b|总监|副总|总工|事业部总"),
        (
            "c_level",
            r"\b(?:c[etofimprsd]o|ciso|chief|founder|co-?founder|owner|president|chairman|chairwoman)\b",
        ),
        ("c_level", r"\b(?:managing partner|general manager|gm)\b|总裁|总经理|董事|创始人|老板|首席|法人"),
        (
            "manager",
            r"\b(?:manager|mgr|lead|leader|supervisor|team lead|principal)\b|经理|主管|主任|组长|负责人",
        ),
        (
            "staff",
            r"\b(?:engineer|developer|analyst|specialist|consultant|officer|executive|buyer|accountant)\b",
        ),
        (
            "staff",
            r"\b(?:representative|coordinator|clerk|designer|scientist|architect|technician|nurse|teacher)\b",
        ),
        ("staff", r"工程师|专员|顾问|会计|采购|开发|设计师|技术员|文员|职员|分析师|老师|教师|销售|运营"),
    )
)


def name_script(text: str) -> str | None:
    """Return the script of a name: ``han``, ``latin``, ``mixed``, ``digits`` or ``other``.

    >>> [name_script(text) for text in ("王伟", "Zoë O'Neil", "王伟 Wei", "123", "Иван")]
    ['han', 'latin', 'mixed', 'digits', 'other']
    """
    kinds = {_kind(letter) for letter in clean(text) if letter.isalnum()}
    letters = kinds - {"digits"}
    if not kinds:
        return None
    if not letters:
        return "digits"
    return letters.pop() if len(letters) == 1 else "mixed"


def name_gibberish(text: str) -> str | None:
    """Return how little a name looks like one, 0 to 1 in steps of .05, as text; None without letters.

    The mean of four signs on its Latin words: pairs of letters that names seldom have, runs of four or more
    consonants, hardly any vowel, neighbours on a keyboard. Chinese names score only for one sign repeated.

    >>> name_gibberish("Maria Schneider"), name_gibberish("Zhang Wei"), name_gibberish("王伟")
    ('0', '0', '0')
    >>> name_gibberish("asdfgh jkl"), name_gibberish("xkqzvbt"), name_gibberish("HSBC"), name_gibberish("啊啊啊")
    ('0.6', '0.85', '0.5', '1')
    """
    folded = "".join(
        part for part in unicodedata.normalize("NFKD", clean(text).lower()) if part.isalpha() or part == " "
    )
    if not folded.strip():
        return None
    latin = ["".join(letter for letter in word if "a" <= letter <= "z") for word in folded.split()]
    scores = [_odd(word) for word in latin if len(word) >= 3] or [_one_sign_repeated(folded)]
    return f"{round(sum(scores) / len(scores) * 20) / 20:g}"


def name_placeholder(text: str) -> str:
    """Tell whether a name is a filler such as *test*, *asdf*, *John Doe* or 测试.

    >>> [name_placeholder(text) for text in ("Test 1", "测试员", "张三", "Tess Tester-Abel")]
    ['true', 'true', 'true', 'false']
    """
    return "true" if _PLACEHOLDER.fullmatch(clean(text).lower()) else "false"


def seniority(text: str) -> str | None:
    """Return the level of a job title: c_level, director, manager, staff, intern_student; None if unknown.

    The first rule that matches wins, so an assistant to the CEO is staff and a vice president a director.

    >>> [seniority(text) for text in ("CEO & Founder", "VP Sales", "Product Manager", "Engineer", "PhD student")]
    ['c_level', 'director', 'manager', 'staff', 'intern_student']
    >>> [seniority(text) for text in ("总经理", "市场总监", "采购经理", "总经理助理", "实习生", "???")]
    ['c_level', 'director', 'manager', 'staff', 'intern_student', None]
    """
    folded = clean(text).casefold()
    return next((level for level, pattern in _SENIORITY if pattern.search(folded)), None)


def _odd(word: str) -> float:
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    rare = sum(pair not in _COMMON_PAIRS for pair in pairs) / len(pairs)
    signs = (
        min(1.0, max(0.0, rare - 0.25) * 2),
        float(re.search(r"[^aeiouy]{5}", word) is not None),
        float(sum(letter in "aeiouy" for letter in word) < len(word) / 6),
        min(1.0, 2 * sum(_neighbours(pair) for pair in pairs) / len(pairs)) if len(word) > 3 else 0.0,
    )
    score = sum(signs) / 4
    return score if score >= 0.2 else 0.0


def _one_sign_repeated(name: str) -> float:
    return float(len(name) >= 3 and len(set(name)) == 1)


def _neighbours(pair: str) -> bool:
    return any(pair in row or pair in row[::-1] for row in _KEY_ROWS)


def _kind(letter: str) -> str:
    if letter.isdigit():
        return "digits"
    name = unicodedata.name(letter, "")
    if name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY")):
        return "han"
    return "latin" if name.startswith("LATIN") else "other"
