from __future__ import annotations

from pathlib import Path

import pytest

from ae_core import paths
from ae_core.runs import zoo

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"AE_DATA_DIR": paths.data_dir, "AE_RUNS_DIR": paths.runs_dir}


@pytest.mark.parametrize("variable", FOLDERS)
def test_the_environment_names_a_folder(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "~/somewhere")
    assert FOLDERS[variable]() == Path.home() / "somewhere"


@pytest.fixture
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in FOLDERS:
        monkeypatch.delenv(variable, raising=False)


def test_in_a_clone_everything_lies_in_it(unnamed: None) -> None:
    assert (paths.data_dir(), paths.runs_dir()) == (ROOT / "data", ROOT / "runs")
    assert paths.checkpoints_dir() == ROOT / "checkpoints"


def test_an_installed_package_writes_into_the_users_home(
    unnamed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "SOURCE_ROOT", tmp_path / "site-packages")
    ours = Path.home() / ".autoencoder-lab"
    assert (paths.data_dir(), paths.runs_dir()) == (ours / "data", ours / "runs")
    assert paths.checkpoints_dir() == ours / "checkpoints"


def test_a_shipped_run_that_is_not_here_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zoo, "FOLDER", tmp_path)
    with pytest.raises(zoo.ZooError, match=r"is not on this machine: .* zoo --build digits-code-8\."):
        zoo.load("digits-code-8")
