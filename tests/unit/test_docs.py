"""The documents against the code: links, commands, variables, folders, and the diffs of docs/adding.md."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for folder, pattern in ((ROOT, "*.md"), (ROOT / "docs", "*.md"), (ROOT, "*/README.md"))
    for path in folder.glob(pattern)
)
VARIABLE = re.compile(r"""["'{]+(AE_[A-Z_]+)\b""")  # as code reads it: a name in quotes, or Make's ${NAME
WRITTEN = re.compile(r"\bAE_[A-Z_]+\b")

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])


def headings(path: Path) -> set[str]:
    """The anchors that a document's headings give."""
    names = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in names}


@every_document
def test_every_link_within_the_repository_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert not anchor or anchor in headings(there), target


@every_document
def test_every_module_that_is_to_be_run_is_there(path: Path) -> None:
    for module in re.findall(r"python -m ([a-z_]+(?:\.[a-z_]+)*)", path.read_text()):
        if module.partition(".")[0] in ("ae_core", "benchmarks"):
            assert find_spec(module) is not None, module


@every_document
def test_every_file_that_is_named_is_there(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    for name in re.findall(r"`((?:ae_core|ui|pages|tests|docs|benchmarks)/[\w/.]*)`", text):
        assert (ROOT / name).exists(), name


def test_the_variables_that_the_code_reads_are_those_of_the_table() -> None:
    sources = [ROOT / "Makefile", ROOT / "app.py", ROOT / "tests" / "browser" / "conftest.py"]
    sources += [path for folder in ("ae_core", "ui", "pages", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    read = {name for path in sources for name in VARIABLE.findall(path.read_text())}
    table = re.findall(r"^\| `(AE_[A-Z_]+)` \|", (ROOT / "docs" / "operating.md").read_text(), re.MULTILINE)
    assert sorted(read) == sorted(table)


@every_document
def test_no_document_names_a_variable_that_there_is_not(path: Path) -> None:
    table = set(WRITTEN.findall((ROOT / "docs" / "operating.md").read_text()))
    assert set(WRITTEN.findall(path.read_text())) <= table


def test_every_folder_of_the_code_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    folders = {
        f"{part}/{path.name}/"
        for part in ("ae_core", "ui")
        for path in (ROOT / part).iterdir()
        if (path / "__init__.py").is_file()
    }
    assert set(re.findall(r"`((?:ae_core|ui)/\w+/)`", text)) == folders


def test_the_drawings_are_whole() -> None:
    for path in (ROOT / "docs").glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("}svg"), path


DIFFS = re.findall(r"^```diff\n(.*?)^```$", (ROOT / "docs" / "adding.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(shutil.which("git") is None, reason="git takes the diffs back, and is not on this machine")
@pytest.mark.parametrize("diff", DIFFS, ids=[diff.split("+++ b/")[1].split("\n")[0] for diff in DIFFS])
def test_what_the_guide_shows_stands_in_the_tree(diff: str, tmp_path: Path) -> None:
    file = diff.split("+++ b/")[1].split("\n")[0]  # in a folder of its own: git looks at the repository it is in
    (tmp_path / file).parent.mkdir(parents=True)
    shutil.copy(ROOT / file, tmp_path / file)
    done = subprocess.run(
        ["git", "apply", "--reverse", "--check", "-"], input=diff, text=True, capture_output=True, cwd=tmp_path
    )
    assert done.returncode == 0, f"{done.stderr}Take the diff in docs/adding.md from the tree as it is now."
