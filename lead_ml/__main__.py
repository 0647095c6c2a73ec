"""``python -m lead_ml`` is ``lead-ml``."""

from lead_ml.cli import main

if __name__ == "__main__":
    main()
