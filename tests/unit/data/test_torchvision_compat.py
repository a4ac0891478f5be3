"""Each test has its own process: an import, and an operator declared to torch, cannot be taken back."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DESCRIBE = """
    import torch
    @torch.library.register_fake("torchvision::{name}")
    def describe(dets, scores, iou_threshold):
        return dets
"""


def run(script: str, *path: Path) -> str:
    """Run ``script`` with the folders of ``path`` before all others, and return what it printed."""
    setup = f"import sys; sys.path[:0] = {[str(folder) for folder in (*path, ROOT)]!r}\n"
    code = setup + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def fake_torchvision(folder: Path, **modules: str) -> Path:
    """A torchvision that counts how often it is imported, then imports ``modules`` in their order."""
    package = folder / "torchvision"
    package.mkdir()
    count = "import builtins; builtins.imports = getattr(builtins, 'imports', 0) + 1\n"
    package.joinpath("__init__.py").write_text(count + "".join(f"from torchvision import {name}\n" for name in modules))
    for name, source in modules.items():
        package.joinpath(f"{name}.py").write_text(textwrap.dedent(source))
    return folder


def test_the_installed_torchvision_can_be_used() -> None:
    printed = run("""
        from ae_core.data.torchvision_compat import import_torchvision
        torchvision = import_torchvision()
        from torchvision import datasets, transforms, utils
        import torch
        grid = utils.make_grid(transforms.functional.hflip(torch.zeros(4, 1, 8, 8)), padding=0, nrow=2)
        print(tuple(grid.shape), torchvision.datasets is datasets, import_torchvision() is torchvision)
    """)
    assert printed == "(3, 16, 16) True True"


def test_a_torchvision_without_its_operators_is_imported_again(tmp_path: Path) -> None:
    fake = fake_torchvision(
        tmp_path,
        datasets="here = True",
        nms=DESCRIBE.format(name="nms"),
        qnms=DESCRIBE.format(name="qnms"),
    )
    printed = run(
        """
        from ae_core.data.torchvision_compat import import_torchvision
        print(import_torchvision().datasets.here, imports)
        """,
        fake,
    )
    assert printed == "True 2"


def test_nothing_of_the_failed_import_is_kept(tmp_path: Path) -> None:
    early = "import torch; could = hasattr(torch.ops.torchvision, 'nms')"  # False in the import that fails
    fake = fake_torchvision(tmp_path, early=early, nms=DESCRIBE.format(name="nms"))
    printed = run(
        """
        from ae_core.data.torchvision_compat import import_torchvision
        print(import_torchvision().early.could)
        """,
        fake,
    )
    assert printed == "True"


def test_a_matched_torchvision_is_left_alone(tmp_path: Path) -> None:
    printed = run(
        """
        import torch
        from ae_core.data.torchvision_compat import import_torchvision
        import_torchvision()
        print(imports, hasattr(torch.ops.torchvision, "nms"), hasattr(torch.ops.torchvision, "qnms"))
        """,
        fake_torchvision(tmp_path),
    )
    assert printed == "1 False False"


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("raise RuntimeError('no disk')", "no disk"),
        (DESCRIBE.format(name="another"), "operator torchvision::another does not exist"),
    ],
)
def test_any_other_failure_is_passed_on(tmp_path: Path, failure: str, message: str) -> None:
    printed = run(
        """
        import torch
        from ae_core.data.torchvision_compat import import_torchvision
        try:
            import_torchvision()
        except RuntimeError as error:
            print(imports, hasattr(torch.ops.torchvision, "nms"), error)
        """,
        fake_torchvision(tmp_path, broken=failure),
    )
    assert printed == f"1 False {message}"


def test_torchvision_is_not_imported_before_it_is_needed() -> None:
    printed = run("""
        import ae_core.data.datasets, ae_core.data.download
        print("torchvision" in sys.modules)
    """)
    assert printed == "False"
