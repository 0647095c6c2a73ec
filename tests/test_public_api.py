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
