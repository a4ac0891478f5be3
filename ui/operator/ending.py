"""What is done before the web process ends.

uvicorn ends a process that was asked to end (SIGTERM) by the signal itself, so that nothing registered with ``atexit`` is
called: this is the last that is.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from ui.visit import caches, keeping


@contextlib.asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Keep what is the visitors' own, then end the jobs and the workers with the web process."""
    yield
    await run_in_threadpool(keeping.stop)  # with the jobs that are under way, so that they are begun again
    manager = caches.started_manager()
    if manager is not None:
        await run_in_threadpool(manager.close)
