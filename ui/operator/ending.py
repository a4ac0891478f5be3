"""What is done before the web process ends.

uvicorn ends a process that was asked to end (SIGTERM) by the signal itself, so that nothing registered with ``atexit`` is
called: this is the last that is.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from ui.visit import caches


@contextlib.asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """End the jobs and the workers with the web process."""
    yield
    manager = caches.started_manager()
    if manager is not None:
        await run_in_threadpool(manager.close)
