"""What the visitor waits for in front of a page, done piece by piece: begun in any of their tabs, and stopped in all."""

from __future__ import annotations

from ae_core.jobs.pieces import PieceJob
from ae_core.tasks.piecewise import Piecewise
from ui.visit import caches, network
from ui.visit.state import visit


def submit(work: Piecewise) -> PieceJob:
    """Have work done that this visitor waits for. Raises RefusedJob when it is one too many."""
    job = caches.manager().submit_pieces(work, visit().visitor, network.address())
    mine = visit().known.belongings
    mine.pieces = [one for one in mine.pieces if not one.state.ended] + [job]
    return job


def stop() -> None:
    """Stop all of it, whichever tab it was begun in."""
    for job in visit().known.belongings.pieces:
        caches.manager().stop_pieces(job, visit().visitor)
