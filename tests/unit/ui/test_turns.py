"""A few scripts at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ui.shell.turns import Turns


def test_no_more_run_at_a_time_than_may_and_all_get_their_turn() -> None:
    turns, lock, now, most = Turns(2, longest=60), threading.Lock(), 0, 0

    def script(_: int) -> None:
        nonlocal now, most
        with turns.take():
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.005)
            with lock:
                now -= 1

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(script, range(60)))
    assert (now, most) == (0, 2)


def test_those_that_take_long_keep_others_waiting_for_a_moment_only() -> None:
    turns, ended = Turns(2, longest=0.1), threading.Event()

    def long() -> None:
        with turns.take():
            ended.wait(60)

    downloads = [threading.Thread(target=long) for _ in range(5)]
    for download in downloads:
        download.start()
    started = time.monotonic()
    with turns.take():
        waited = time.monotonic() - started
    ended.set()
    for download in downloads:
        download.join()
    assert waited < 30  # all five still ran: none but these had to go on


def test_a_script_that_fails_gives_its_turn_back() -> None:
    turns = Turns(1, longest=60)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), turns.take():
            raise ValueError("broken")
    with turns.take():
        pass
