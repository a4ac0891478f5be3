"""What a class meets that opens the lab at once, on this machine: a row a figure.

    AE_DATA_DIR=... python -m benchmarks.students browse [--sessions 30] [--rounds 5]
    AE_DATA_DIR=... python -m benchmarks.students train [--sessions 30]
    AE_DATA_DIR=... python -m benchmarks.students same [--sessions 30]
    AE_DATA_DIR=... python -m benchmarks.students stop [--sessions 30]

"browse": all open a page, then move its control now and then, while one more visitor has something trained all the time.
"train": all press Train within ten seconds, for different runs. "same": for equal ones. What they train is what the lab
suggests for MNIST. "stop": for different runs, of which each is stopped after a while, be it running or in the queue.

The class comes when the workers have warmed up, which they do once a server start. The students take time of the same
processors; how much is told. --at ADDRESS uses a server that runs already, on whatever machine; its memory is not known then.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import time
from contextlib import AsyncExitStack, suppress
from urllib.parse import urlencode

import psutil

from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import MAIN, on_disk
from benchmarks.machine import describe
from benchmarks.serve import server, wait_until_healthy, wait_until_idle
from benchmarks.student import Student

# the page, and the control that is moved on it
PAGES = {
    "train": "Code size",
    "reconstruct": "First image",
    "denoise": "Which one",
    "latent_map": "Images shown",
    "generate": "Temperature",
}
MOVES = 5  # of each student in a round
THINKING = 2.0  # seconds between two moves, on average
TRAIN = "Train"
FINISHED = ("Finished after", "Stopped after")
STOPPED = ("Stopping", "Stopped after")


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def row(name: str, seconds: list[float]) -> None:
    """Print the median, the 95th percentile and the largest of some times."""
    if seconds:
        print(
            f"{name:34}{statistics.median(seconds):8.2f} s{percentile(seconds, 0.95):8.2f} s{max(seconds):8.2f} s",
            flush=True,
        )


def problems_of(students: list[Student]) -> list[str]:
    """Return everything that any of them was shown of errors."""
    return [problem for student in students for problem in student.problems]


def tell(problems: list[str]) -> None:
    """Print how many errors were shown, and the first two."""
    print(f"errors: {len(problems)} {problems[:2]}")


async def open_pages(address: str, count: int, stack: AsyncExitStack) -> tuple[list[Student], list[float]]:
    """Open a page for so many students at once; return them, and how long each waited.

    Args:
        address: of the server.
        count: of students; they spread over the pages.
        stack: closes their tabs.
    """

    async def one(page: str) -> tuple[Student, float]:
        started = time.perf_counter()
        student = await stack.enter_async_context(Student(address, page))
        return student, time.perf_counter() - started

    pages = itertools.islice(itertools.cycle(PAGES), count)
    opened = await asyncio.gather(*(one(page) for page in pages))
    return [student for student, _ in opened], [waited for _, waited in opened]


async def use(student: Student, label: str, times: list[float]) -> None:
    """Move a student's slider now and then.

    Args:
        student: on the page.
        label: of the slider.
        times: seconds of each move; added to.
    """
    for _ in range(MOVES):
        await asyncio.sleep(random.expovariate(1 / THINKING))
        await student.until(lambda: label in student.sliders)  # it may be being drawn anew
        slider = student.sliders[label]
        step = random.randint(0, 5)
        try:
            times.append(await student.move(label, min(slider.high, slider.low + step)))
        except TimeoutError:
            student.problems.append(f"no answer to a moved control: {label}")


async def train_on_and_on(address: str) -> None:
    """Have something trained until this is cancelled, the same settings with a new seed each time."""
    async with Student(address, "train", "dataset=mnist&hidden_sizes=512-256&epochs=40") as student:
        while True:
            before = len(student.texts)
            await student.press("Train with a new seed")
            await until_told(student, FINISHED, before + 1)


async def browse(address: str, sessions: int, rounds: int, web: psutil.Process | None) -> None:
    """Print how soon pages open and follow, and what memory the web process takes, a line a round.

    Args:
        address: of the server.
        sessions: students at once.
        rounds: in each all of them come, and leave.
        web: the server's process, where it is ours.
    """
    trainer = asyncio.create_task(train_on_and_on(address))
    await asyncio.sleep(10)
    print(f"before they come: web process {memory(web):.0f} MB", flush=True)
    problems: list[str] = []
    all_opened, all_moved = [], []
    for number in range(1, rounds + 1):
        moved: list[float] = []
        async with AsyncExitStack() as stack:
            students, opened = await open_pages(address, sessions, stack)
            labels = itertools.cycle(PAGES.values())
            await asyncio.gather(
                *(use(student, label, moved) for student, label in zip(students, labels, strict=False))
            )
            full = memory(web)
            problems += problems_of(students)
        await asyncio.sleep(15)
        print(
            f"round {number}: web process {full:.0f} MB with all of them, {memory(web):.0f} MB after they left",
            flush=True,
        )
        all_opened += opened
        all_moved += moved
    assert not trainer.done(), trainer.exception()
    trainer.cancel()
    with suppress(asyncio.CancelledError):
        await trainer
    row("opening a page, all at once", all_opened)
    row("a moved control", all_moved)
    tell(problems)


def memory(web: psutil.Process | None) -> float:
    """Return the resident memory of the web process in MB; NaN where it is not known."""
    return web.memory_info().rss / 2**20 if web else float("nan")


async def until_told(student: Student, beginnings: tuple[str, ...], since: int) -> float:
    """Wait until a progress bar's text begins in one of some ways, and return after how many seconds that was.

    Args:
        student: who looks.
        beginnings: of the text.
        since: how many texts there had been before.
    """
    return await student.until(lambda: any(text.startswith(beginnings) for text in student.texts[since:]), 1200)


async def run_to_its_end(student: Student, delay: float) -> float:
    """Press Train after ``delay`` seconds, and return how long it took from there until the finished run was shown."""
    await asyncio.sleep(delay)
    before = len(student.texts)
    await student.press(TRAIN)
    return await until_told(student, FINISHED, before)


async def train(address: str, sessions: int, query: str, same: bool, web: psutil.Process | None) -> None:
    """Have all press Train, and print how long each waited for the finished run, and what watching cost.

    Args:
        address: of the server.
        sessions: students, who press within ten seconds; within one where their runs are equal.
        query: of the link that they open.
        same: whether their runs are equal, or have a seed each.
        web: the server's process, where it is ours.
    """
    async with AsyncExitStack() as stack:
        students = await open_train(address, sessions, query, same, stack)
        await warm(web)
        before, used = [student.received for student in students], processor_seconds(web)
        started = time.perf_counter()
        waits = await asyncio.gather(
            *(run_to_its_end(student, random.uniform(0, 1 if same else 10)) for student in students)
        )
        print(
            f"{sessions} {'equal' if same else 'different'} runs: all done after {time.perf_counter() - started:.0f} s"
        )
        row("from pressing Train to the result", waits)
        sent = [(student.received - was) / 2**20 for student, was in zip(students, before, strict=True)]
        print(f"sent to each: median {statistics.median(sent):.1f} MB, most {max(sent):.1f} MB")
        spent = [f"{name} {now - used[name]:.0f} s" for name, now in processor_seconds(web).items()]
        print(f"processor time: {', '.join(spent)}")
        tell(problems_of(students))


async def open_train(address: str, sessions: int, query: str, same: bool, stack: AsyncExitStack) -> list[Student]:
    """Open the Train page for so many students, one after the other, and return them.

    Args:
        address: of the server.
        sessions: students.
        query: of the link that they open.
        same: whether their runs are equal, or have a seed each.
        stack: closes their tabs.
    """
    seeds = [""] * sessions if same else [f"&seed={1000 + number}" for number in range(sessions)]
    return [await stack.enter_async_context(Student(address, "train", query + seed)) for seed in seeds]


async def warm(web: psutil.Process | None) -> None:
    """Wait until the workers, which the first visitor has started, have nothing to do."""
    await asyncio.sleep(5)
    if web is not None:
        await asyncio.to_thread(wait_until_idle, web)


def processor_seconds(web: psutil.Process | None) -> dict[str, float]:
    """Return the processor time that the web process, the workers and the students here have taken so far."""
    own = psutil.Process().cpu_times()
    used = {"students": own.user + own.system}
    if web is not None:
        for part in (web, *web.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times, name = part.cpu_times(), "web process" if part.pid == web.pid else "scheduler and workers"
                used[name] = used.get(name, 0.0) + times.user + times.system
    return used


async def stop(address: str, sessions: int, query: str, web: psutil.Process | None) -> None:
    """Have all press Train for different runs and then stop them; print how soon each page said so.

    Args:
        address: of the server.
        sessions: students.
        query: of the link that they open.
        web: the server's process, where it is ours.
    """
    running: list[float] = []
    queued: list[float] = []

    async def one(student: Student) -> None:
        await student.press(TRAIN)
        await student.until(lambda: "Stop" in student.buttons or "Leave the queue" in student.buttons)
        await asyncio.sleep(random.uniform(5, 10))
        before, pressed = len(student.texts), time.perf_counter()
        if "Leave the queue" in student.buttons:
            await student.press("Leave the queue")
            await until_told(student, FINISHED, before)  # of the run that was on screen before
            queued.append(time.perf_counter() - pressed)
        elif "Stop" in student.buttons:
            await student.press("Stop")
            await until_told(student, STOPPED, before)
            running.append(time.perf_counter() - pressed)

    async with AsyncExitStack() as stack:
        students = await open_train(address, sessions, query, False, stack)
        await warm(web)
        await asyncio.gather(*(one(student) for student in students))
        problems = problems_of(students)
    row(f"stopping one that runs ({len(running)})", running)
    row(f"leaving the queue ({len(queued)})", queued)
    tell(problems)


def main() -> None:
    """Print the figures of one question."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["browse", "train", "same", "stop"])
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at", help="the address of a server that runs")
    suggested = urlencode(VARIANTS["dense"].config(MAIN).to_query())
    parser.add_argument("--query", default=suggested, help="of the link that those who train open")
    options = parser.parse_args()
    if not options.at and not on_disk(MAIN):
        parser.error("MNIST is not here: set AE_DATA_DIR to the folder that holds it")
    random.seed(0)
    print(describe())

    def ask(address: str, web: psutil.Process | None) -> None:
        if options.what == "browse":
            asyncio.run(browse(address, options.sessions, options.rounds, web))
        elif options.what == "stop":
            asyncio.run(stop(address, options.sessions, options.query, web))
        else:
            asyncio.run(train(address, options.sessions, options.query, options.what == "same", web))

    if options.at:
        ask(options.at, None)
        return
    with server() as (address, process, _):
        wait_until_healthy(address)
        ask(address, psutil.Process(process.pid))


if __name__ == "__main__":
    main()
