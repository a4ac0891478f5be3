"""What the project is made of beside its code: what pip installs, which versions, and what make does first."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ae_core import __version__

ROOT = Path(__file__).resolve().parents[2]


def versions(file: str) -> dict[str, str]:
    """The exact versions that a requirements file names, by package; a line that names none fails."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
    pins = [line.split("==") for line in lines if line and not line.startswith("-r")]
    return {name.lower().replace("_", "-"): version for name, version in pins}


# --- What is installed --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as pip builds it, from a copy, since building leaves files beside the sources."""
    if find_spec("setuptools") is None or find_spec("pip") is None:
        pytest.skip("setuptools and pip build the package, and this environment lacks one of them")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "ae_core", source / "ae_core", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "ui", source / "ui")  # which is not to slip in
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", str(source), "--no-deps", "--no-build-isolation", "-w", str(folder)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_core_with_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (info,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        commands = packed.read(f"{info}/entry_points.txt").decode()
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "ae_core").rglob("*") if path.is_file()}
    assert {name for name in names if not name.startswith(info)} == {
        name for name in files if "__pycache__" not in name
    }
    assert info == f"autoencoder_lab-{__version__}.dist-info"
    assert f"{info}/licenses/LICENSE" in names
    assert "autoencoder-lab = ae_core" in commands


def test_the_installed_core_trains_without_streamlit(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    program = """
import sys
for name in ("streamlit", "plotly", "distributed"):
    sys.modules[name] = None  # importing it now fails
from ae_core import paths
from ae_core.config.schema import Config
from ae_core.runs.fit import fit
assert paths.__file__.startswith(sys.argv[1]), paths.__file__
print(paths.base_dir())
print(fit(Config(dataset="digits", hidden_sizes=(8,), code_size=2, epochs=1), "cpu").metrics["mse"] < 0.2)
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / ".autoencoder-lab"), "True"]


# --- Which versions -----------------------------------------------------------------------------------------


def test_constraints_name_every_requirement_in_its_version() -> None:
    constraints = versions("constraints.txt")
    required = versions("requirements.txt") | versions("requirements-dev.txt")
    assert required.items() <= constraints.items()
    assert len(constraints) > 2 * len(required)  # and what they bring with them
    for name, version in constraints.items():
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)*(\.post[0-9]+)?", version), f"{name}=={version}"
        assert not name.startswith(("nvidia", "cuda", "triton")), name


def test_everything_that_is_installed_with_the_requirements_is_pinned() -> None:
    """Also what a package brings that brings a package that is asked for, in the very version that stands in constraints."""
    pinned, seen = versions("constraints.txt"), dict[str, str]()
    named = [*versions("requirements.txt"), *versions("requirements-dev.txt")]
    while named:
        name = canonicalize_name(named.pop())
        if name in seen or name.startswith(("nvidia-", "cuda-", "triton")):  # which torch names by exact version
            continue
        try:
            found = distribution(name)
        except PackageNotFoundError:  # for another system or Python
            continue
        seen[name] = found.version.partition("+")[0]
        for line in found.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                named.append(needed.name)
    assert len(seen) > 60
    assert seen.items() <= pinned.items(), set(seen.items()) - set(pinned.items())


def test_the_workflow_audits_every_pinned_version() -> None:
    (audit,) = [
        line for line in (ROOT / ".github" / "workflows" / "ci.yml").read_text().splitlines() if "pip-audit " in line
    ]
    assert "--requirement constraints.txt" in audit
    assert "continue-on-error" not in audit


def test_the_package_asks_for_what_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + [line for extra in project["optional-dependencies"].values() for line in extra]
    pinned = versions("requirements.txt")
    bounds = dict(line.lower().split(">=") for line in asked if not line.startswith(project["name"]))
    assert set(bounds) == set(pinned)
    for name, bound in bounds.items():
        assert f"{pinned[name]}.".startswith(f"{bound}."), name


def test_the_citation_is_of_this_version() -> None:
    cited = (ROOT / "CITATION.cff").read_text()
    assert "cff-version: 1.2.0\n" in cited
    assert f"\nversion: {__version__}\n" in cited


# --- What make run does first -------------------------------------------------------------------------------

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")


def make_run(folder: Path, *arguments: str, **environment: str) -> list[str]:
    """What ``make run`` calls Python with in a clone that is set up, where fetching MNIST fails."""
    shutil.copy(ROOT / "Makefile", folder)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >> called\ntest "$2" = streamlit\n')
    python.chmod(0o755)
    for name in ("requirements.txt", "constraints.txt", ".venv/.app"):  # the marker is the newest
        (folder / name).touch()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AE_", "MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "run", *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return (folder / "called").read_text().splitlines()


FETCH = "-m ae_core datasets --download mnist --within 20"
START = "-m streamlit run app.py --server.port 8501"


@needs_make
def test_mnist_is_fetched_first_and_the_app_starts_without_it(tmp_path: Path) -> None:
    assert make_run(tmp_path) == [FETCH, START]


@needs_make
@pytest.mark.parametrize("way", ["argument", "environment"])
def test_nothing_is_fetched_where_that_is_forbidden(tmp_path: Path, way: str) -> None:
    called = make_run(tmp_path, "AE_DOWNLOAD=0") if way == "argument" else make_run(tmp_path, AE_DOWNLOAD="0")
    assert called == [START]


@needs_make
@pytest.mark.parametrize("chosen", [None, "my data"])
def test_mnist_that_is_here_is_not_fetched(tmp_path: Path, chosen: str | None) -> None:
    raw = tmp_path / (chosen or "data") / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").touch()
    environment = {"AE_DATA_DIR": str(tmp_path / chosen)} if chosen else {}
    assert make_run(tmp_path, **environment) == [START]
