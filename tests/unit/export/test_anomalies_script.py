"""The script of Anomalies prints, without the lab, what the lab's study found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from scripts import assert_clean, printed_by

from ae_core.config.schema import Config
from ae_core.export.anomalies import anomalies_script
from ae_core.runs.fit import fit
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.images import OTHERS
from ae_core.tasks.anomalies.measures import QUANTILE, Confusion, threshold_at
from ae_core.tasks.anomalies.study import study

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=3, epochs=3, batch_size=32, learning_rate=1e-2)
CASES = {
    "dense": (replace(BRIEF, classes=(3, 5)), OTHERS, QUANTILE),
    "vae": (replace(BRIEF, variational=True, loss="bce", classes=(0,)), OTHERS, 0.8),
    "conv": (
        replace(BRIEF, architecture="conv", hidden_sizes=(20,)),
        "shapes",
        0.9,
    ),  # 20 channels of 4 x 4, in colour beside
}


# Runs scripts one after the other, as importing PyTorch for each would take longer than all of them.
@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return {name: fit(config, "cpu") for name, (config, *_) in CASES.items()}


@pytest.fixture(scope="module")
def folder(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every script, written down."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, run in runs.items():
        (folder / f"{name}.py").write_text(anomalies_script(run, *CASES[name][1:]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, str]:
    """What each script printed, run where there is no lab."""
    return printed_by(folder, CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_script_prints_what_the_study_found(name: str, runs: dict[str, Run], printed: dict[str, str]) -> None:
    line = r"^(\w+): AUROC ([\d.]+), false alarms ([\d.]+)%, caught ([\d.]+)%$"
    said = re.findall(line, printed[name], re.MULTILINE)
    assert [row[0] for row in said] == ["error", "sap", "nap"]
    answers = study(runs[name], name, CASES[name][1]).done_here()
    for score, auroc, alarms, caught in said:
        answer = answers[score]
        assert float(auroc) == pytest.approx(answer["auroc"], abs=2e-4), score
        found = Confusion.at(answer["normal"], answer["strange"], threshold_at(answer["held_back"], CASES[name][2]))
        assert float(alarms) / 100 == pytest.approx(found.false_alarm_rate, abs=0.01), score
        assert float(caught) / 100 == pytest.approx(found.recall, abs=0.01), score


def test_the_scripts_are_clean_python(folder: Path) -> None:
    """Nothing unused, nothing undefined, imports in order, laid out as the lab's own code."""
    assert_clean(folder)
