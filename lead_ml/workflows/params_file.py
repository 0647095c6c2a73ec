"""Writing values into ``params.yaml`` as a person would: comments, order and layout of the file stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from lead_ml.errors import MissingExtra, ParamsError
from lead_ml.tables.durable import replacing

WIDE = 100_000  # no line of the file is wrapped


def set_params(path: Path, place: Sequence[str], values: Mapping[str, Any]) -> None:
    """Set values (numbers or lists) of one section of a YAML file, which is replaced in one step.

    The keys of `place` lead to the section, such as ``("conversion", "lightgbm")``; missing ones are added.
    """
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.comments import CommentedMap, CommentedSeq
        from ruamel.yaml.util import load_yaml_guess_indent
    except ImportError as error:
        raise MissingExtra("ruamel.yaml", "train") from error
    text = path.read_text(encoding="utf-8")
    _, indent, offset = load_yaml_guess_indent(text)
    yaml = YAML(typ="rt")
    yaml.preserve_quotes, yaml.width = True, WIDE
    if indent is not None and offset is not None:
        yaml.indent(mapping=2, sequence=indent, offset=offset)
    content = yaml.load(text)
    section = content
    for k, key in enumerate(place):
        if section.get(key) is None:
            section[key] = CommentedMap()
        section = section[key]
        if not isinstance(section, dict):
            raise ParamsError(
                f"{path.name}: {'.'.join(place[: k + 1])}", value=section, expected="a section with keys"
            )
    for name, value in values.items():
        section[name] = value
        if isinstance(value, list | tuple):  # on one line
            section[name] = CommentedSeq(value)
            section[name].fa.set_flow_style()
    written = StringIO()
    yaml.dump(content, written)
    with replacing(path) as file:
        file.write(written.getvalue().encode())
