"""A reading as metrics in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from ui.operator.reading import Reading

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def text(reading: Reading) -> bytes:
    """Return a reading in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(list(_metrics(reading))))
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _metrics(reading: Reading) -> Iterator[Metric]:
    jobs = reading.jobs
    yield _gauge("ae_lab_sessions", "Open tabs.", reading.tabs)
    yield _gauge("ae_lab_visitors", "Visitors with a tab open.", reading.visitors)
    yield _gauge("ae_lab_visitors_known", "Visitors of whom something is kept.", reading.known)
    yield _gauge("ae_lab_jobs_waiting", "Trainings in the line.", jobs.waiting)
    yield _gauge("ae_lab_jobs_running", "Trainings at the workers.", jobs.running)
    yield _gauge("ae_lab_batches", "Batches of which something is still to be done.", jobs.batches)
    yield _gauge("ae_lab_piece_jobs", "Jobs that are done piece by piece, waiting or under way.", jobs.pieces)
    yield _gauge("ae_lab_first_in_line_seconds", "How long the first in the line has waited.", jobs.first_waits)
    yield _gauge("ae_lab_draining", "1 while nothing new is taken on.", float(jobs.draining))
    workers = GaugeMetricFamily("ae_lab_workers", "Workers that the scheduler has.", labels=["kind", "answers"])
    for kind in ("training", "pieces"):
        for answers in (True, False):
            count = sum(
                (one.quiet < reading.quiet) == answers for one in jobs.workers if one.pieces == (kind == "pieces")
            )
            workers.add_metric([kind, "yes" if answers else "no"], count)
    yield workers
    memory = sum(one.memory for one in jobs.workers)
    yield _gauge("ae_lab_workers_resident_memory_bytes", "Memory of all workers together.", memory)
    yield _gauge("ae_lab_web_resident_memory_bytes", "Memory of the web process.", reading.memory)
    yield _gauge("ae_lab_uptime_seconds", "Since the web process began.", reading.seconds)
    yield _gauge("ae_lab_runs_stored", "Finished runs on disk.", reading.runs)
    yield _gauge("ae_lab_runs_stored_bytes", "What they take.", reading.runs_bytes)
    yield _counter("ae_lab_jobs", "Trainings that have ended.", "outcome", jobs.outcomes)
    yield _counter(
        "ae_lab_piece_jobs_ended", "Jobs done piece by piece that have ended.", "outcome", jobs.piece_outcomes
    )
    yield _counter("ae_lab_log_troubles", "Warnings and errors in the log.", "level", reading.trouble_counts)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _counter(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, words, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family
