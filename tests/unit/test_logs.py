"""The log, in a process of its own each time, as it is set up for the whole of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

PROGRAM = """
import logging
early = logging.getLogger("early")  # as Streamlit's own: a handler each, nothing passed on
early.propagate = False
early.addHandler(logging.StreamHandler())
from ae_core import logs
logs.set_up()
late = logging.getLogger("late")
late.propagate = False
handler = logging.StreamHandler()
handler.setFormatter(logging.Formatter("%(message)s"))
late.addHandler(handler)
late.addHandler(logging.StreamHandler(open("/dev/null", "w")))
lab = logging.getLogger("ae_core.x")
lab.info("job %s begins", "a" * 32)
lab.info("of two", extra={"job": "b" * 32, "event": "done", "seconds": 1.5, "owner": "12345678"})
lab.debug("not this")
logging.getLogger("somebody.elses").info("nor this")
early.warning("early\\nand of two lines")
late.error("late")
try:
    int("what a visitor typed")
except ValueError:
    lab.exception("a defect")
import json
print(json.dumps([[t.level, t.module, t.message, t.job, t.error] for t in logs.TROUBLES.latest()]))
print(json.dumps(logs.TROUBLES.counts))
"""


def run(mode: str) -> tuple[list[str], list[Any]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | {"AE_LOG": mode}, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines(), [json.loads(line) for line in done.stdout.splitlines()]


def test_each_event_is_one_json_object_on_one_line() -> None:
    errors, _ = run("json")
    lines = [json.loads(line) for line in errors]
    assert [line["message"] for line in lines] == [
        f"job {'a' * 32} begins", "of two", "early\nand of two lines", "late", "a defect"
    ]  # fmt: skip
    assert all(line["time"].endswith("+00:00") and line["level"] and line["module"] for line in lines)
    assert lines[0]["job"] == "a" * 32  # found in the message
    assert lines[1] | {"time": ""} == {
        "time": "", "level": "INFO", "module": "ae_core.x", "message": "of two", "job": "b" * 32,
        "event": "done", "seconds": 1.5, "owner": "12345678",
    }  # fmt: skip


def test_an_exception_is_told_by_its_kind_and_place_and_not_by_what_it_quotes() -> None:
    errors, _ = run("json")
    last = json.loads(errors[-1])
    assert last["error"] == "ValueError"
    assert last["where"]
    assert "visitor typed" not in errors[-1]


def test_without_the_switch_lines_are_plain() -> None:
    errors, _ = run("")
    assert errors[0].endswith(f"INFO ae_core.x: job {'a' * 32} begins")
    assert errors[-1] == "ValueError: invalid literal for int() with base 10: 'what a visitor typed'"


def test_troubles_of_every_logger_are_kept_once() -> None:
    for mode in ("json", ""):
        _, (troubles, counts) = run(mode)
        assert troubles == [
            ["ERROR", "ae_core.x", "a defect", "", "ValueError"],
            ["ERROR", "late", "late", "", ""],
            ["WARNING", "early", "early\nand of two lines", "", ""],
        ]
        assert counts == {"WARNING": 1, "ERROR": 2}
