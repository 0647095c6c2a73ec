"""Notebooks call the library: they hold no outputs and no definitions, and they run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="the notebooks extra is not installed")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RENDERED = ROOT / "docs" / "notebooks"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def code_of(path: Path) -> list[str]:
    """Return the code cells without IPython's magics, which are no Python."""
    cells = nbformat.read(path, as_version=4).cells
    return [re.sub(r"(?m)^%.*$", "", cell.source) for cell in cells if cell.cell_type == "code"]


def test_there_are_three_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == [
        "01_explore.ipynb",
        "02_train_and_explain.ipynb",
        "03_thresholds.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_holds_no_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_defines_nothing(path: Path) -> None:
    for source in code_of(path):
        found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, DEFINITIONS)]
        assert found == [], source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_says_how_to_install_and_code_is_introduced(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == "markdown"
    assert "pip install 'lead-ml[train,notebooks]'" in cells[0].source
    assert sum(cell.cell_type == "markdown" for cell in cells) >= 0.4 * len(cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_rendered_copy_has_the_code_of_the_notebook_and_its_pictures(path: Path) -> None:
    copy = RENDERED / f"{path.stem}.md"
    text = copy.read_text(encoding="utf-8")
    for cell in nbformat.read(path, as_version=4).cells:
        assert cell.source in text, "run docs/render_notebooks.py"
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert pictures
    assert set(pictures) == {item.name for item in RENDERED.glob(f"{path.stem}-*.*g")}


def test_the_rendered_copies_are_small_and_hold_no_absolute_paths() -> None:
    files = sorted(RENDERED.iterdir())
    assert sum(item.stat().st_size for item in files) < 300_000
    for item in files:
        if item.suffix == ".md":
            text = item.read_text(encoding="utf-8")
            assert not re.search(r"(?<![\w.<])(?:/(?:tmp|home|root|Users|var)/|[A-Z]:\\)", text), item.name
            assert "Traceback" not in text


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # jupyter's own deprecations are not ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_the_root_of_the_project(path: Path) -> None:
    client = pytest.importorskip("nbclient", reason="the notebooks extra is not installed")
    notebook = nbformat.read(path, as_version=4)
    runner = client.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    runner.execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
