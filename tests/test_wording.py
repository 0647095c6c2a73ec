"""Names and texts are plain: the field's terms, American English, and no Chinese outside catalogs, tables and declarations."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import lead_ml
import lead_ml.cli.app as cli

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(lead_ml.__file__).parent
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")

# Words of the first version of the engine, as parts of names. What stands in their place: docs of the terms.
RETIRED = {
    "accused", "aside", "asked", "article", "board", "composed", "drift", "facts", "gate", "grow", "judge", "judged",
    "kept", "learnt", "lines", "moments", "quiet", "roll", "rolled", "rung", "settle", "sift", "spellings", "stood",
    "told", "trial", "wire", "worth",
}  # fmt: skip
# Names in which such a word is the field's own term, with the reason.
ALLOWED = {
    "lead_ml.demo": "the synthetic market drifts on purpose: the drift of channels is the generator's own term",
    "lead_ml.evaluation.tuned": "Optuna's term for one set of parameters is trial",
    "lead_ml.evaluation.tune": "Optuna's term for one set of parameters is trial",
    "lead_ml.workflows.tune": "Optuna's term for one set of parameters is trial",
    "lead_ml.registry": "an MLflow child run records one Optuna trial",
    "lead_ml.cli.training": "Optuna's term for one set of parameters is trial",
    "lead_ml.tables.read.csv_file": "lines of a text file",
    "lead_ml.tables.read.encoding": "lines of a text file",
    "lead_ml.tables.read.raw": "lines of a text file",
    "lead_ml.init": "lines of a text file that is written",
}
PHRASES = re.compile(
    r"\d %(?= (?!\d|most\b)|[,.;:)\"'|]|$)|told apart|stands? twice|\bset aside\b|earn(s|ed|t) (it|its place)|as it stood|speaks? (for|against)|"
    r"article rule|not foresee|smells? of|kept history|how (true|honest)|needs? mending"
)
CHINESE_PHRASES = re.compile(
    r"条未关闭线索|阈值应设在哪里|不低于 ?MQL ?胜算|覆盖成交线索|模型自带的线|经验法则|越线|接受阈值|接受人|所有线索的起点|"
    r"有利因素|不利因素|指向(虚假|真实)|公共邮箱 ?\(info|线索年龄|占位内容|n = \d+[）)]|前向对数损失|计分卡|提问时刻"
)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".j2", ".ipynb", ".css"}
NOT_OURS = {"requirements.lock", "test_wording.py"}


def sources() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_project" not in path.parts:
            yield ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts), path


def public_names(tree: ast.Module) -> Iterator[str]:
    """Public classes, functions, their parameters, and annotated fields of classes, which are JSON names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    yield item.target.id
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name
            arguments = node.args
            yield from (arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def parts_of(name: str) -> set[str]:
    return set(re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().split("_"))


def allowed(module: str) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in ALLOWED)


def test_no_name_of_the_engine_is_a_retired_term() -> None:
    found = {
        f"{module}: {name}"
        for module, path in sources()
        if not allowed(module)
        for name in (path.stem, *public_names(ast.parse(path.read_text(encoding="utf-8"))))
        if parts_of(name) & RETIRED
    }
    assert found == set()


def test_no_option_of_the_command_line_is_a_retired_term() -> None:
    commands = get_command(cli.app).commands
    found = {
        f"{name} --{option.name}"
        for name, command in commands.items()
        for option in command.params
        if parts_of(option.name) & RETIRED and not (name == "tune" and option.name == "trials")
    }
    assert found == set()


def test_type_names_are_unique_in_the_engine() -> None:
    homes: dict[str, list[str]] = {}
    for module, path in sources():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(module)
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def texts() -> list[Path]:
    folders = (
        "lead_ml",
        "features",
        "models",
        "serving",
        "notebooks",
        "docs",
        "examples",
        "benchmarks",
        "tests",
    )
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in TEXT]
    return [
        path
        for path in (*found, *ROOT.glob("*.md"), *ROOT.glob("*.yaml"))
        if path.name not in NOT_OURS and "__pycache__" not in path.parts and path.is_file()
    ]


@pytest.mark.parametrize("pattern", [PHRASES, CHINESE_PHRASES], ids=["english", "chinese"])
def test_no_text_uses_a_retired_phrase(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := pattern.search(line))
    ]
    assert not found, "\n".join(found[:40])


def _docstrings(tree: ast.Module) -> set[int]:
    """Lines of docstrings, in which examples may hold Chinese."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            found |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return found


@pytest.mark.parametrize(("module", "path"), [item for item in sources() if "lead_ml.declare" not in item[0]])
def test_chinese_stands_only_in_declarations_catalogs_and_tables(module: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not CHINESE.search(text):
        return
    documented = _docstrings(ast.parse(text))
    found = [
        f"{module}:{token.start[0]}: {token.string[:60]}"
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.start[0] not in documented and CHINESE.search(token.string)
    ]
    assert found == []
