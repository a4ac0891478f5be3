"""The run shelf: which run is on screen, the other runs of this visit, and the shipped ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cache

from ae_core.config.schema import Config
from ae_core.config.variants import title_of
from ae_core.data import own
from ae_core.jobs.job import Job
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ui.visit import caches, page_runs
from ui.visit.state import visit

_MOST_IN_MEMORY = 4  # runs only this visit has: stopped or uploaded ones
_MOST_PRIVATE = 16  # finished runs on data of the visitor's own: a sweep, and some more
_MOST_PRIVATE_NUMBERS = 25_000_000  # parameters of these together


@dataclass(frozen=True)
class Entry:
    """A run on the shelf.

    It is shipped ("zoo:name"), on the server's disk ("run:key"), or in memory, for this visit alone: stopped or uploaded
    ("mem:id"), or on data of the visitor's own ("own:visitor-key").
    """

    id: str
    title: str
    config: Config


def begin() -> None:
    """Put the run of the visit's link on screen or, where it is not here, note that it is to be trained."""
    link = visit().link
    config, link.config = link.config, None
    if config is not None:
        visit().settings.draft = config
        entry = known(config)
        if entry is not None:
            choose(entry)
            add(entry)
        else:
            link.wanted = config


def known(config: Config) -> Entry | None:
    """Return the entry of ``config``'s run, shipped, on the server's disk or on the visitor's own picture, else None."""
    if own.is_own(config.dataset):
        return _of_own(config) if config.key in visit().shelf.private else None
    shipped = zoo.BY_KEY.get(config.key)
    if shipped is not None and shipped.path.is_file():
        return _of_zoo(shipped)
    if config.key in caches.manager().store:
        return Entry(f"run:{config.key}", title_of(config), config)
    return None


def entries() -> list[Entry]:
    """Return this visit's runs, latest first, then the shipped ones."""
    return [*reversed(visit().shelf.runs), *map(_of_zoo, zoo.present())]


def default_entry(page: str) -> Entry:
    """Return the run that ``page`` opens on before the visitor has chosen one.

    Raises:
        LabError: no checkpoint is shipped at all.
    """
    return _of_zoo(page_runs.shipped_run(page))


def _of_zoo(shipped: zoo.ZooEntry) -> Entry:
    return _shipped()[shipped.name]


@cache
def _shipped() -> dict[str, Entry]:
    return {name: Entry(f"zoo:{name}", shipped.title, shipped.config) for name, shipped in zoo.ZOO.items()}


def _of_own(config: Config) -> Entry:
    # the visitor is in the name, as what is drawn of a run is kept by that for all
    return Entry(f"own:{visit().visitor}-{config.key}", title_of(config), config)


def current_entry(page: str) -> Entry:
    """Return the run on screen: the visitor's choice, else the page's own."""
    chosen = visit().chosen
    for entry in entries():
        if entry.id == chosen:
            return entry
    return default_entry(page)


def run_of(entry: Entry) -> Run:
    """Load an entry's run.

    Raises:
        RunLost: its file has gone or is damaged.
    """
    kind, _, name = entry.id.partition(":")
    if kind == "zoo":
        return caches.shipped_run(name)
    mine = visit().shelf
    if kind == "own":
        run = mine.private.get(name.rpartition("-")[2])
    else:
        run = mine.memory.get(name) if kind == "mem" else caches.stored_run(name)
    if run is None:
        raise caches.RunLost(
            "This run is no longer kept on the server. Train it again; the same seed gives the same numbers.",
            entry.config,
        )
    return run


def choose(entry: Entry) -> None:
    """Put a run on screen."""
    visit().chosen = entry.id


def choose_shipped(name: str) -> None:
    """Put a shipped run on screen, by its name."""
    visit().chosen = f"zoo:{name}"


def keep(run: Run, job: Job | None = None) -> Entry:
    """Put a trained or uploaded run on the shelf; one that is not on disk is in memory, where the oldest give way."""
    if job is not None and run.finished and job.work.private:
        entry = keep_private(run)
        choose(entry)
        return entry
    stored = run.finished and caches.manager().store.path(run.config.key).is_file()
    if stored and job is not None:
        entry = Entry(f"run:{run.config.key}", title_of(run.config), run.config)
    else:
        name = uuid.uuid4().hex
        mine = visit().shelf
        memory = mine.memory
        memory[name] = run
        while len(memory) > _MOST_IN_MEMORY:
            oldest = next(iter(memory))
            del memory[oldest]
            mine.runs = [e for e in mine.runs if e.id != f"mem:{oldest}"]
        state = (
            "uploaded" if job is None else "not saved" if run.finished else f"stopped at {run.history['epoch'][-1]:.1f}"
        )
        entry = Entry(f"mem:{name}", f"{title_of(run.config)} ({state})", run.config)
    add(entry)
    choose(entry)
    return entry


def keep_private(run: Run) -> Entry:
    """Put a finished run on the visitor's own picture on the shelf: it is in memory, where the oldest give way."""
    runs = visit().shelf.private
    runs.pop(run.config.key, None)
    runs[run.config.key] = run
    while len(runs) > 1 and (
        len(runs) > _MOST_PRIVATE or sum(one.parameters for one in runs.values()) > _MOST_PRIVATE_NUMBERS
    ):
        del runs[next(iter(runs))]
    entry = _of_own(run.config)
    add(entry)
    return entry


def add(entry: Entry) -> None:
    """Put a run of this visit on the shelf, or to its front. The shipped ones always stand there."""
    if entry.id.startswith("zoo:"):
        return
    mine = visit().shelf
    others = [e for e in mine.runs if e.id != entry.id]
    mine.runs = [*others, entry][-20:]
