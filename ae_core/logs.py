"""What the lab writes into its log, a line an event, and the latest troubles in it for whoever runs the lab.

With AE_LOG=json each line on standard error is a JSON object, for the programs that gather logs; else it is plain text.
A JSON line has no message of an exception, and no traceback's source: those may quote what a visitor typed or uploaded.
It has the exception's kind and the places in the code instead.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime

SWITCH = "AE_LOG"
LONGEST = 500  # characters of a message
KEPT = 50  # troubles

# what a line may carry beside its message; given as ``extra`` to a logger
FIELDS = ("job", "event", "owner", "seconds")

_PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_JOB = re.compile(r"\bjob ([0-9a-f]{32})\b")  # as messages name one where no ``extra`` does


@dataclass(frozen=True)
class Trouble:
    """A warning or an error of the log.

    Attributes:
        time: in seconds since 1970.
        level: its name, such as ``WARNING``.
        module: of the code.
        message: its beginning.
        job: the id of the job that it is about; empty for none.
        error: the kind of exception; empty for none.
    """

    time: float
    level: str
    module: str
    message: str
    job: str
    error: str


class Troubles(logging.Handler):
    """Keeps the latest warnings and errors, and counts all."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.counts: Counter[str] = Counter()  # by the level's name
        self._latest: deque[Trouble] = deque(maxlen=KEPT)
        self._keeping = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record, once however many loggers hand it on."""
        if getattr(record, "noted", False):
            return
        record.noted = True
        kind = record.exc_info[0] if record.exc_info else None
        trouble = Trouble(
            record.created,
            record.levelname,
            record.name,
            record.getMessage()[:LONGEST],
            job_of(record),
            kind.__name__ if kind else "",
        )
        with self._keeping:
            self.counts[record.levelname] += 1
            self._latest.append(trouble)

    def latest(self) -> list[Trouble]:
        """Return the latest troubles, the newest first."""
        with self._keeping:
            return list(reversed(self._latest))


#: Of this process.
TROUBLES = Troubles()


def job_of(record: logging.LogRecord) -> str:
    """Return the id of the job that a record is about; empty for none."""
    given = getattr(record, "job", "")
    if given:
        return str(given)
    found = _JOB.search(record.getMessage())
    return found[1] if found else ""


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "module": record.name,
            "message": record.getMessage()[:LONGEST],
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if job := job_of(record):
            line["job"] = job
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2], limit=-12)
            ]
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up() -> None:
    """Have this process write its log as AE_LOG says, and keep the latest troubles. Called once, as the process begins.

    Streamlit, uvicorn and Dask give each of their loggers a handler of its own; those are taken in as well, also where
    they are made later.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_PLAIN))
    _take_in(logging.getLogger(), handler)
    for name in ("ae_core", "ui"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    for logger in list(logging.Logger.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            for one in list(logger.handlers):
                _take_in(logger, one)
    logging.setLoggerClass(_TakenIn)


def dask_setup(service: object) -> None:
    """Have a scheduler or a worker of Dask write its log likewise; it is called with --preload ae_core.logs."""
    set_up()


class _TakenIn(logging.Logger):
    """A logger that writes as AE_LOG says, whatever handler it is given."""

    def addHandler(self, hdlr: logging.Handler) -> None:
        if isinstance(hdlr, Troubles):
            super().addHandler(hdlr)
        else:
            _take_in(self, hdlr)


def _take_in(logger: logging.Logger, handler: logging.Handler) -> None:
    if isinstance(handler, logging.StreamHandler) and os.environ.get(SWITCH) == "json":
        handler.setFormatter(JsonLines())
    logging.Logger.addHandler(logger, handler)  # which does nothing where it has it
    logging.Logger.addHandler(logger, TROUBLES)
