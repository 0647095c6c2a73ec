"""Checks of text files: byte order marks, compressed files in disguise, wrong encodings, NULs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from lead_ml.errors import InputError, ParamsError

_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF-", "a PDF document"),
)
_HTML = re.compile(rb"^\s*<(!doctype html|html|table|\?xml)", re.IGNORECASE)
_WINDOWS = re.compile(rb"[\x80-\x9f]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def text_encoding(path: Path, source: str, declared: str) -> str:
    """Return the encoding to read a text file with: the declared one, unless there is a byte order mark of another.

    The whole file is decoded once, so that reading it cannot fail later. Raises InputError if it is empty, is not text,
    holds NUL characters, or does not decode, naming the byte and an encoding that fits, and ParamsError if no such
    encoding exists.
    """
    encoding = marked_encoding(path, source, declared)
    line, content = 1, False
    for text in _decoded(path, source, encoding):
        if "\x00" in text:
            raise _nul(path, source, line + text[: text.index("\x00")].count("\n"))
        line += text.count("\n")
        content = content or bool(text.strip())
    if not content:
        raise InputError(
            "the file is empty", source=source, expected="a header and rows", do="export it again"
        )
    return encoding


def marked_encoding(path: Path, source: str, declared: str) -> str:
    """Return the declared encoding, unless a byte order mark says another; raises InputError if the start of the file is not text."""
    with path.open("rb") as file:
        start = file.read(4096)
    _check_not_binary(source, start)
    return next((name for mark, name in _MARKS if start.startswith(mark)), declared)


def likely_encoding(path: Path) -> str:
    """Return an encoding that the whole file can be read with, UTF-8 where that does.

    Parquet and other binary files give ``utf-8`` too: reading them reports what they are.
    """
    content = path.read_bytes()
    known = content.startswith(tuple(start for start, _ in (*_MAGIC, *_MARKS)))
    text = _decodes(content, "utf-8") and b"\x00" not in content
    return "utf-8" if known or text else _fitting_encoding(content)


def _check_not_binary(source: str, start: bytes) -> None:
    kind = next((name for magic, name in _MAGIC if start.startswith(magic)), "")
    if not kind and _HTML.match(start):
        kind = "an HTML or XML page"
    if kind:
        raise InputError(
            f"the file is {kind}, not a table",
            source=source,
            expected="CSV text, Excel or Parquet",
            do="unpack it, or export it as CSV, Excel or Parquet",
        )


def _decoded(path: Path, source: str, encoding: str) -> Iterator[str]:
    try:
        "".encode(encoding)
        decoder = codecs.getincrementaldecoder(encoding)()
    except (LookupError, TypeError, UnicodeError) as error:
        raise ParamsError(
            f"encoding of {source} is unknown",
            value=encoding,
            expected="a name such as utf-8, gb18030 or latin-1",
        ) from error
    offset, block = 0, b" "
    with path.open("rb") as file:
        while block:
            block = file.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                yield decoder.decode(block, final=not block)
            except UnicodeError as error:
                position = offset - pending + getattr(error, "start", 0)
                raise _not_decodable(path, source, encoding, max(position, 0)) from error
            offset += len(block)


def _not_decodable(path: Path, source: str, encoding: str, position: int) -> InputError:
    content = path.read_bytes()
    return InputError(
        f"byte {position + 1:,} is not {encoding}",
        source=source,
        rows=(content.count(b"\n", 0, position) + 1,),
        value=content[position : position + 4],
        expected=f"text in {encoding}",
        do=f"set encoding: {_fitting_encoding(content)} for this table, or save the file as UTF-8",
    )


def _fitting_encoding(content: bytes) -> str:
    """Guess: UTF-16 is full of NULs; Chinese text has its high bytes in pairs, Western European text alone."""
    if content.count(b"\x00") > len(content) // 8:
        return "utf-16-be" if content.startswith(b"\x00") else "utf-16-le"
    runs = [len(run) for run in _HIGH_RUN.findall(content)]
    paired = sum(length for length in runs if length % 2 == 0)
    if paired >= 0.6 * sum(runs) and _decodes(content, "gb18030"):
        return "gb18030"
    if _decodes(content, "utf-8"):
        return "utf-8"
    # Bytes that Latin-1 leaves to control characters are quotes, dashes and the euro sign of Windows.
    windows = _WINDOWS.search(content) and _decodes(content, "cp1252")
    return "cp1252" if windows else "latin-1"


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeError:
        return False
    return True


def _nul(path: Path, source: str, line: int) -> InputError:
    fitting = _fitting_encoding(path.read_bytes())
    return InputError(
        "the text contains a NUL character",
        source=source,
        rows=(line,),
        expected="plain text",
        do=f"set encoding: {fitting} for this table"
        if fitting.startswith("utf-16")
        else "export the file again; it is damaged or not a text file",
    )
