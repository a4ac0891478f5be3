"""The operator's view, metrics and health, asked without a server: who may see them, who may drain, what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import cast

import pytest
from asgi import Answer, ask
from itsdangerous import TimestampSigner
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from tiny import TINY

from ae_core import logs
from ae_core.jobs.cluster import Cluster
from ae_core.jobs.limits import RefusedJob
from ae_core.jobs.manager import JobManager
from ae_core.jobs.snapshot import DRAINING
from ae_core.runs.store import RunStore
from ae_core.tasks.piecewise import Piecewise
from ui.operator import access
from ui.operator.routes import ROUTES
from ui.visit import caches, jobs
from ui.visit.state import REGISTER

APP = Starlette(routes=ROUTES)
TOKEN = "a-token-of-the-tests-only"
BEARER = {"authorization": f"Bearer {TOKEN}"}
OURS = {"origin": "http://lab.example"}
PLACES = ["/operator", "/operator/style.css", "/metrics"]
DEEDS = ["/operator/login", "/operator/logout", "/operator/drain", "/operator/undrain"]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(access.OPERATOR_TOKEN, TOKEN)
    monkeypatch.setattr("ui.operator.routes._WRONG", 0.0)


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobManager]:
    """The process' own, which never reaches a cluster."""

    def none_there() -> Cluster:
        raise RuntimeError("no cluster in this test")

    made = JobManager(RunStore(tmp_path), cluster=none_there)
    monkeypatch.setattr(caches, "_manager", made)
    yield made
    made.close()


def logged_in(headers: dict[str, str] | None = None) -> tuple[dict[str, str], Answer]:
    """The header that a browser sends once it was given the cookie, and the answer that gave it."""
    answer = ask(APP, "/operator/login", "POST", OURS | (headers or {}), {"token": TOKEN})
    cookie = SimpleCookie(answer.headers["set-cookie"])
    return {"cookie": "; ".join(f"{name}={one.value}" for name, one in cookie.items())}, answer


# --- Who may see it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, "", "  ", "short"])
@pytest.mark.parametrize("path", PLACES + DEEDS)
def test_without_a_token_in_the_environment_there_is_nothing(
    monkeypatch: pytest.MonkeyPatch, given: str | None, path: str
) -> None:
    if given is None:
        monkeypatch.delenv(access.OPERATOR_TOKEN)
    else:
        monkeypatch.setenv(access.OPERATOR_TOKEN, given)
    headers = OURS | {"authorization": f"Bearer {given or ''}"}
    assert ask(APP, path, "POST" if path in DEEDS else "GET", headers, {"token": given or ""}).status == 404


def test_a_stranger_is_asked_for_the_token_and_told_nothing() -> None:
    page = ask(APP, "/operator").text
    assert 'name="token"' in page
    assert "Open tabs" not in page
    assert ask(APP, "/metrics").status == 401


@pytest.mark.parametrize("wrong", ["Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ünïcödé"])
def test_a_wrong_token_sees_nothing(wrong: str) -> None:
    assert ask(APP, "/metrics", headers={"authorization": wrong}).status == 401
    assert "Open tabs" not in ask(APP, "/operator", headers={"authorization": wrong}).text


def test_the_form_gives_a_cookie_that_holds_no_token_and_goes_to_no_other_site() -> None:
    headers, answer = logged_in()
    assert answer.status == 303
    assert TOKEN not in answer.headers["set-cookie"]
    marks = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/operator"} <= {part.strip() for part in marks.split(";")}
    assert "secure" not in marks
    assert "Open tabs" in ask(APP, "/operator", headers=headers).text
    _, over_https = logged_in({"x-forwarded-proto": "https"})
    assert "secure" in over_https.headers["set-cookie"].lower()


def test_a_wrong_token_in_the_form_gives_no_cookie() -> None:
    answer = ask(APP, "/operator/login", "POST", OURS, {"token": "not it"})
    assert answer.status == 403
    assert "set-cookie" not in answer.headers
    assert ask(APP, "/operator/login", "POST", OURS, {"token": "x" * 10_000}).status == 403


def test_a_cookie_that_is_forged_old_or_of_another_token_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    headers, _ = logged_in()
    for forged in (headers["cookie"][:-2], "ae_operator=in", "ae_operator="):
        assert "Open tabs" not in ask(APP, "/operator", headers={"cookie": forged}).text
    with monkeypatch.context() as later:
        now = TimestampSigner("x").get_timestamp()
        later.setattr(TimestampSigner, "get_timestamp", lambda self: now + 13 * 3600)
        assert "Open tabs" not in ask(APP, "/operator", headers=headers).text
    monkeypatch.setenv(access.OPERATOR_TOKEN, TOKEN + "-another")
    assert "Open tabs" not in ask(APP, "/operator", headers=headers).text


def test_logging_out_has_the_browser_forget_the_cookie() -> None:
    answer = ask(APP, "/operator/logout", "POST", OURS)
    assert "max-age=0" in answer.headers["set-cookie"].lower()


# --- Draining -----------------------------------------------------------------------------------------------


def test_drained_nothing_new_is_taken_on_and_visitors_are_told(manager: JobManager) -> None:
    headers, _ = logged_in()
    assert ask(APP, "/operator/drain", "POST", headers | OURS).status == 303
    page = ask(APP, "/operator", headers=headers).text
    assert "nothing runs any more" in page
    with pytest.raises(RefusedJob, match=re.escape(DRAINING)):
        manager.submit(TINY, "somebody")
    with pytest.raises(RefusedJob, match=re.escape(DRAINING)):
        manager.submit_all([TINY], "somebody")
    with pytest.raises(RefusedJob, match=re.escape(DRAINING)):
        manager.submit_pieces(cast(Piecewise, None), "somebody")  # it is refused before it is looked at
    assert ask(APP, "/healthz").status == 503
    assert ask(APP, "/livez").status == 200
    assert ask(APP, "/operator/undrain", "POST", headers | OURS).status == 303
    assert manager.submit(TINY, "somebody").state == "queued"
    assert ask(APP, "/healthz").status == 200


def test_what_waits_is_still_finished_and_the_view_says_so(manager: JobManager) -> None:
    job = manager.submit(TINY, "somebody")
    manager.draining = True
    page = ask(APP, "/operator", headers=BEARER).text
    assert "Draining" in page
    assert "nothing runs any more" not in page
    assert not job.state.ended
    manager.stop(job, "somebody")
    assert "nothing runs any more" in ask(APP, "/operator", headers=BEARER).text


def test_a_finished_run_is_still_shown_while_drained(manager: JobManager, tiny_bytes: bytes) -> None:
    manager.store.put(TINY.key, tiny_bytes)
    manager.draining = True
    assert manager.submit(TINY, "somebody").state == "done"


def test_who_presses_train_while_drained_keeps_what_they_have_under_way(
    manager: JobManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = manager.submit(TINY, "somebody")
    manager.draining = True
    monkeypatch.setattr("ui.visit.jobs.shelf.known", lambda config: None)
    monkeypatch.setattr("ui.visit.jobs.active_job", lambda: job)
    assert jobs.start(replace(TINY, seed=2)) == DRAINING
    assert not job.state.ended
    assert job.seen


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://lab.example.elsewhere.example"},
        {"origin": "file://lab.example"},
    ],
)
def test_a_form_of_another_site_drains_nothing(manager: JobManager, headers: dict[str, str]) -> None:
    cookie, _ = logged_in()
    assert ask(APP, "/operator/drain", "POST", cookie | headers).status == 403
    assert not manager.draining
    assert ask(APP, "/operator/login", "POST", headers, {"token": TOKEN}).status == 403


def test_a_program_drains_with_the_token(manager: JobManager) -> None:
    assert ask(APP, "/operator/drain", "POST", BEARER).status == 303
    assert manager.draining
    assert ask(APP, "/operator/drain").status == 405  # no link can do it


def test_behind_a_proxy_its_own_name_counts(manager: JobManager) -> None:
    cookie, _ = logged_in()
    outside = {"origin": "https://lab.school.example", "x-forwarded-host": "lab.school.example"}
    assert ask(APP, "/operator/drain", "POST", cookie | outside).status == 303


# --- What it says -------------------------------------------------------------------------------------------


def test_the_view_needs_no_script_and_nothing_from_anywhere_else(manager: JobManager) -> None:
    answer = ask(APP, "/operator", headers=BEARER)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert "http" not in answer.text.replace("http-equiv", "")
    style = ask(APP, "/operator/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text


def test_the_view_shows_a_trouble_and_runs_nothing_of_it(manager: JobManager) -> None:
    logs.TROUBLES.emit(logs.logging.LogRecord("ui.x", 40, "x", 1, "<img src=x> of job %s", ("0" * 32,), None))
    page = ask(APP, "/operator", headers=BEARER).text
    assert "&lt;img src=x&gt;" in page
    assert "<img" not in page
    assert ">00000000<" in page  # the job's id, shortened


def test_the_view_opens_before_there_are_workers_and_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_manager", None)
    assert "started with the first visitor" in ask(APP, "/operator", headers=BEARER).text
    metrics = ask(APP, "/metrics", headers=BEARER)
    assert metrics.status == 200
    assert 'ae_lab_jobs_total{outcome="done"} 0.0' in metrics.text  # a counter begins at 0, not with the first job
    assert ask(APP, "/healthz").text == '{"web":"ok","workers":"starting"}'
    assert caches.started_manager() is None


def test_the_metrics_are_what_prometheus_reads(manager: JobManager, tiny_bytes: bytes) -> None:
    manager.store.put(TINY.key, tiny_bytes)
    manager.stop(manager.submit(TINY, "somebody", again=True), "somebody")
    manager.submit(TINY, "somebody", again=True)
    known = REGISTER.find("m" * 32)
    tabs, visitors, _ = REGISTER.present()  # of tests of pages before this
    REGISTER.enter(known, "one")
    REGISTER.enter(known, "two")
    try:
        answer = ask(APP, "/metrics", headers=BEARER)
    finally:
        REGISTER.leave(known, "one")
        REGISTER.leave(known, "two")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert values["ae_lab_sessions",] == tabs + 2
    assert values["ae_lab_visitors",] == visitors + 1
    assert values["ae_lab_jobs_waiting",] == 1
    assert values["ae_lab_jobs_running",] == 0
    assert values["ae_lab_first_in_line_seconds",] > 0
    assert values["ae_lab_jobs_total", "stopped"] == 1
    assert values["ae_lab_jobs_total", "done"] == 0
    assert values["ae_lab_runs_stored",] == 1
    assert values["ae_lab_runs_stored_bytes",] == len(tiny_bytes)
    assert values["ae_lab_web_resident_memory_bytes",] > 10_000_000
    assert families["ae_lab_jobs"].type == "counter"
    assert families["ae_lab_sessions"].type == "gauge"
