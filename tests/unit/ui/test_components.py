"""The files that the browser runs: each component is one script that parses, and the geometry in them is right."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ui.components.shared import joined

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = sorted((ROOT / "ui" / "components").glob("*/component.js"))
node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here: the JavaScript was not run")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.parent.name)
def test_a_component_is_one_script_that_imports_nothing(script: Path) -> None:
    text = joined(script)
    assert not re.findall(r"^import\b", text, re.MULTILINE)  # a blob: address has nothing beside it
    assert re.findall(r"^export\b.*", text, re.MULTILINE) == re.findall(
        r"^export default function .*", text, re.MULTILINE
    )
    assert text.count("export default function") == 1


def test_what_two_files_import_is_joined_once_and_before_both(tmp_path: Path) -> None:
    (tmp_path / "base.js").write_text("export const a = 1;\n")
    (tmp_path / "half.js").write_text("import { a } from './base.js';\n\nexport const b = a + 1;\n")
    (tmp_path / "component.js").write_text(
        "import {\n  a,\n} from './base.js';\nimport { b } from './half.js';\n\nexport default function () {}\n"
    )
    lines = joined(tmp_path / "component.js").split()
    assert " ".join(lines) == "const a = 1; const b = a + 1; export default function () {}"


@node
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.parent.name)
def test_the_joined_script_parses(script: Path, tmp_path: Path) -> None:
    """A name that two of its files declare is found here."""
    whole = tmp_path / "whole.mjs"
    whole.write_text(joined(script))
    checked = subprocess.run(["node", "--check", str(whole)], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr


@node
def test_the_geometry_that_components_draw_by() -> None:
    files = sorted(map(str, (ROOT / "tests" / "js").glob("*.test.mjs")))
    ran = subprocess.run(["node", "--test", *files], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
