"""Run the notebooks and write them as Markdown with small pictures, so that they can be read without running them.

    python docs/render_notebooks.py            # all
    python docs/render_notebooks.py 01_explore

The notebooks themselves stay without outputs; the rendered copies go to ``docs/notebooks/``.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "notebooks"
COLORS, WIDEST = 48, 760  # of a picture, so that all of them together stay small
PRIVATE = tuple(str(folder) for folder in (ROOT, Path.home(), gettempdir()))  # no place for a copy to name


def main(names: list[str]) -> None:
    """Render some notebooks by name, or all."""
    OUT.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if not names or path.stem in names:
            render(path)
            sys.stdout.write(f"docs/notebooks/{path.stem}.md\n")


def render(path: Path) -> None:
    """Run one notebook and write its copy."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(ROOT)}}).execute()
    for old in (*OUT.glob(f"{path.stem}-*.png"), *OUT.glob(f"{path.stem}-*.svg")):
        old.unlink()
    text = "\n\n".join(markdown(notebook, path.stem)) + "\n"
    for folder in PRIVATE:
        if folder in text:
            raise SystemExit(f"{path.name}: the rendered copy names a folder of this machine: {folder}")
    (OUT / f"{path.stem}.md").write_text(text, encoding="utf-8")


def markdown(notebook: Any, stem: str) -> Iterator[str]:
    """Yield the cells and their outputs as Markdown; pictures are written on the way."""
    yield f"<!-- Made by docs/render_notebooks.py from notebooks/{stem}.ipynb: edit the notebook. -->"
    pictures = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.source
            continue
        yield f"```python\n{cell.source}\n```"
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                pictures += 1
                name = f"{stem}-{pictures}.png"
                (OUT / name).write_bytes(smaller(base64.b64decode(data["image/png"])))
                yield f"![Picture {pictures}]({name})"
            elif "image/svg+xml" in data:
                pictures += 1
                name = f"{stem}-{pictures}.svg"
                (OUT / name).write_text(data["image/svg+xml"], encoding="utf-8")
                yield f"![Picture {pictures}]({name})"
            elif output.output_type == "stream" and output.name == "stdout":
                yield f"```text\n{output.text.rstrip()}\n```"
            elif "text/html" in data:
                yield table(data["text/html"])
            elif output.output_type == "execute_result":
                yield f"```text\n{data['text/plain'].rstrip()}\n```"


def table(html: str) -> str:
    """Return the table of a DataFrame as one block of HTML, without the style sheet that Jupyter adds."""
    bare = re.sub(r"<style.*?</style>|</?div>", "", html, flags=re.DOTALL)
    return "\n".join(line.strip() for line in bare.splitlines() if line.strip())


def smaller(png: bytes) -> bytes:
    """Return a picture with few colors, scaled down where it is wide."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    if picture.width > WIDEST:
        picture = picture.resize(
            (WIDEST, round(picture.height * WIDEST / picture.width)), Image.Resampling.LANCZOS
        )
    file = BytesIO()
    picture.quantize(COLORS).save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
