"""Files with personal data: only their owner may read them."""

from __future__ import annotations

import os
from pathlib import Path


def make_private(path: Path) -> None:
    """Give a file that is about to be written mode 0600, and make it where there is none; a pipe or a terminal stays as it is."""
    if path.is_file():
        path.chmod(0o600)
    elif not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
