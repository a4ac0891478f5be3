"""A class that opens a link to a page on a server that has only just started."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import serve
from titles import TITLES

from benchmarks.student import Student

pytestmark = pytest.mark.load  # has the machine to itself, as a server and its workers start here


async def at_once(server: str, path: str, visitors: int) -> list[Student]:
    """Open a page as so many new visitors at the same moment; return what each was shown."""

    async def one() -> Student:
        async with Student(server, path) as student:
            return student

    return await asyncio.gather(*(one() for _ in range(visitors)))


@pytest.mark.parametrize("path", TITLES, ids=[path or "home" for path in TITLES])
def test_thirty_first_visitors_of_a_cold_server_all_meet_their_page(tmp_path: Path, path: str) -> None:
    # in a thread: the loop of Playwright, once a test has opened a browser, is this one's
    with serve(tmp_path) as address, ThreadPoolExecutor(1) as alone:
        visits = alone.submit(asyncio.run, at_once(address, path, 30)).result()
    assert [visit.problems for visit in visits] == [[]] * 30
    assert {heading for visit in visits for heading in visit.headings[:1]} == {TITLES[path]}
    assert {len(visit.pages) for visit in visits} == {len(TITLES)}
