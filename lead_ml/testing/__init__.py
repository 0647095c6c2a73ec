"""The contract of features, for the test suite of a project.

::

    from lead_ml.project.load import load_project
    from lead_ml.testing import check_features

    def test_my_features_keep_the_contract():
        check_features(load_project(Path(".")).declarations)
"""

from lead_ml.testing.checks import check_features
from lead_ml.testing.sample import sample_dataset

__all__ = ["check_features", "sample_dataset"]
