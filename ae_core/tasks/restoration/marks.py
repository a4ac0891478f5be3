"""Take a half-transparent mark off a picture, once it is known where its strokes are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_RADIUS = 5  # pixels within which a stroke and what lies beside it show the same thing
_INSIDE, _OUTSIDE = 0.9, 0.05  # shares of a stroke from and up to which a pixel counts as covered and as free
_LEAST = 3  # pixels of either kind
_FEWEST, _MOST = 200, 4000  # places that are compared
_FAINTEST = 0.04  # opacity; what is fainter is none


@dataclass(frozen=True)
class Overlay:
    """A mark of one colour, equally opaque everywhere.

    Attributes:
        opacity: 0 for glass, 1 for paint.
        colour: of each channel, (C,), in [0, 1].
    """

    opacity: float
    colour: Tensor


def overlay_of(picture: Tensor, strokes: Tensor) -> Overlay | None:
    """Tell how opaque a mark is and of which colour, from what changes where its strokes begin.

    A covered pixel is ``(1 - opacity) * below + opacity * colour``. Just outside a stroke the picture shows about what lies
    below just inside, so that over many places inside against outside is a line: its slope is ``1 - opacity``, and it
    begins at ``opacity * colour``. The line is fitted by scikit-learn's HuberRegressor, which edges of the picture's own
    that run beside a stroke hardly move.

    Args:
        picture: (1, C, H, W) in [0, 1].
        strokes: (1, 1, H, W), how far each pixel lies within a stroke.

    Returns:
        The overlay; None where there are too few strokes to tell, or nothing is covered.
    """
    inside, outside = (strokes > _INSIDE).float(), (strokes < _OUTSIDE).float()
    share_inside, share_outside = _around(inside), _around(outside)
    least = (_LEAST - 0.5) / (2 * _RADIUS + 1) ** 2
    comparable = ((share_inside > least) & (share_outside > least) & (inside > 0))[0, 0]
    places = comparable.nonzero()
    if len(places) < _FEWEST:
        return None
    from sklearn.linear_model import HuberRegressor  # takes a second to import

    places = places[:: -(-len(places) // _MOST)]
    rows, columns = places.T
    covered, free, squares = (
        (_around(values * kind) / share.clamp_min(1e-6))[0, :, rows, columns].double()
        for values, kind, share in (
            (picture, inside, share_inside),
            (picture, outside, share_outside),
            (picture.square(), outside, share_outside),
        )
    )
    unrest = (squares - free.square()).clamp_min(0).mean(0)
    channels, count = free.shape
    of_channel = np.kron(np.eye(channels), np.ones((count, 1)))
    given = np.column_stack([free.reshape(-1).numpy(), of_channel])
    weights = np.tile(1 / (unrest.numpy() + 1e-4), channels)
    line = HuberRegressor(alpha=0, fit_intercept=False, max_iter=300).fit(
        given, covered.reshape(-1).numpy(), weights / weights.mean()
    )
    opacity = float(1 - line.coef_[0])
    if opacity < _FAINTEST:
        return None
    opacity = min(opacity, 0.9)
    return Overlay(opacity, torch.from_numpy(line.coef_[1:] / opacity).float().clamp(0, 1))


def taken_off(picture: Tensor, strokes: Tensor, overlay: Overlay | None) -> Tensor:
    """Return what lies below a mark, with all of its detail.

    Args:
        picture: (1, C, H, W) in [0, 1].
        strokes: (1, 1, H, W), how far each pixel lies within a stroke.
        overlay: what was laid over it; None for nothing.
    """
    if overlay is None:
        return picture
    cover = overlay.opacity * strokes
    return (picture - cover * overlay.colour.view(1, -1, 1, 1)) / (1 - cover)


def _around(values: Tensor) -> Tensor:
    """Return the mean of the values around each pixel."""
    return F.avg_pool2d(values, 2 * _RADIUS + 1, 1, _RADIUS)
