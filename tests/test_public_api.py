import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lead_ml

HEAVY = ("mlflow", "shap", "lightgbm", "optuna", "bentoml", "numba", "pandas", "sklearn", "matplotlib")


def test_the_public_names_are_sorted_and_all_there():
    assert lead_ml.__all__ == sorted(lead_ml.__all__)
    assert sorted(lead_ml._HOME) == lead_ml.__all__
    for name in lead_ml.__all__:
        assert getattr(lead_ml, name) is not None


def test_no_public_name_is_that_of_a_package():
    """Importing a package would put it in the place of the function of that name."""
    packages = {path.stem for path in Path(lead_ml.__file__).parent.iterdir()}
    assert packages.isdisjoint(lead_ml.__all__)


def test_what_type_checkers_see_is_what_is_exported():
    tree = ast.parse(Path(lead_ml.__file__).read_text(encoding="utf-8"))
    seen = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(lead_ml.__all__) <= seen


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lead_ml.nothing  # noqa: B018


@pytest.mark.parametrize(
    "statement",
    [
        "import lead_ml",
        "import lead_ml.cli.app",
        "from lead_ml import category, Won",
        "import sys; sys.argv = ['lead-ml', '--help']\nfrom lead_ml.cli import main\ntry: main()\nexcept SystemExit: pass",
    ],
)
def test_importing_and_help_stay_light(statement):
    code = f"{statement}\nimport sys\nfound = [m for m in {HEAVY!r} if m in sys.modules]\nassert not found, found"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_scoring_from_a_bundle_needs_neither_mlflow_nor_shap(trained):
    code = f"from lead_ml import Scorer\nScorer.load({str(trained.bundle)!r})\nimport sys\nassert not {{'mlflow', 'shap', 'optuna', 'bentoml'}} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _runtime_imports(path: Path) -> set[str]:
    """Modules of the engine that a file imports when it runs, not only for type checkers."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lead_ml."):
            found.add((node.module or "").split(".")[1])
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return found


def test_the_command_line_calls_workflows_only():
    allowed = {"cli", "workflows", "errors", "language"}
    folder = Path(lead_ml.__file__).parent / "cli"
    assert {
        path.name: extra for path in folder.glob("*.py") if (extra := _runtime_imports(path) - allowed)
    } == {}
