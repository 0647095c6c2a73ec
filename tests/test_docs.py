"""What the pages promise is there, and they hold nothing of the machine they were written on."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

import lead_ml.cli.app as cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("examples/*/README.md"))
)
GROUP = get_command(cli.app)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".txt", ".lock", ".ipynb", ".svg", ""}
# Folders of a machine and hosts that packages come from, put together so that this file does not hold them itself.
FOLDERS = ("home", "Users", "root", "tmp", "work", "mnt")
HOSTS = (
    ".".join(("pypi", "org")),
    ".".join(("pythonhosted", "org")),
    "--" + "-".join(("index", "url")),
    "simple".join("//"),
)
FOREIGN = re.compile(rf"(?<![\w./~{{}}*-])/(?:{'|'.join(FOLDERS)})/\w|{'|'.join(map(re.escape, HOSTS))}")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def calls(page: str) -> list[str]:
    """Return every command line of a page, in blocks and in the running text."""
    text = read(page)
    blocks = re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`(lead-ml[^`\n]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [line for line in (*lines, *spans) if re.match(r"lead-ml(\s|$)", line)]


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"^\| `lead-ml {name}\b[^|]*\| \w", read("docs/commands.md"), flags=re.MULTILINE)


@pytest.mark.parametrize(("page", "line"), [(page, line) for page in PAGES for line in calls(page)])
def test_every_command_line_of_the_pages_parses(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    if not words or words[0].startswith("-"):
        return
    assert words[0] in GROUP.commands, f"{page}: {line}"
    GROUP.commands[words[0]].make_context(words[0], words[1:])


def test_the_pages_do_hold_command_lines() -> None:
    assert len([line for page in PAGES for line in calls(page)]) > 25


def test_every_link_to_a_file_leads_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", read(page)):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_no_file_names_a_folder_of_a_machine_or_a_package_host() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in tracked()
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if (match := FOREIGN.search(line))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "place", [*(f'open("/{name}/x")' for name in FOLDERS), *(f"a {host} b" for host in HOSTS)]
)
def test_the_search_for_foreign_places_finds_them(place: str) -> None:
    assert FOREIGN.search(place)


@pytest.mark.parametrize("text", ["work/demo", "a/tmp/b", "examples/root/x", "tmp_path / name", "~/job/x"])
def test_relative_places_are_not_foreign(text: str) -> None:
    assert not FOREIGN.search(text)


def test_the_changelog_tells_of_this_version() -> None:
    version = re.search(r'^version = "([^"]+)"', read("pyproject.toml"), flags=re.MULTILINE)
    assert version is not None
    assert re.search(rf"^## {re.escape(version[1])}$", read("CHANGELOG.md"), flags=re.MULTILINE)


def test_the_license_is_the_apache_license_and_the_package_says_so() -> None:
    text = read("LICENSE")
    assert "Apache License" in text.splitlines()[0] + text.splitlines()[1]
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in read("pyproject.toml")


def test_figures_of_generated_data_say_so() -> None:
    page = read("docs/benchmarks.md")
    begin, end = page.index("figures:begin"), page.index("figures:end")
    rows = [row for row in page[begin:end].splitlines() if "benchmarks/" in row]
    assert rows
    for row in rows:
        script = re.search(r"benchmarks/\w+\.py", row)
        assert script is not None
        assert (ROOT / script[0]).is_file(), row
        if "synth" in read(script[0]):
            assert "SYNTHETIC" in row, row


def test_the_readme_names_ten_files_to_read_first_and_they_exist() -> None:
    part = read("README.md").split("## Read the code")[1].split("\n## ")[0]
    files = re.findall(r"^\d+\. `([^`]+)`: \S", part, flags=re.MULTILINE)
    assert len(files) == 10
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_the_readme_has_a_chinese_part() -> None:
    assert len(re.findall(r"[\u4e00-\u9fff]", read("README.md"))) > 200
