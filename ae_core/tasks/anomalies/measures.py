"""How well a score tells strange from normal: its ranking, and what a threshold on it lets through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

QUANTILE = 0.95  # of held-back normal training images, where the threshold starts


def ranking(normal: Scores, strange: Scores) -> dict[str, float]:
    """Return how well a score ranks strange images above normal ones.

    Args:
        normal: the scores of normal images.
        strange: those of strange ones.

    Returns:
        "auroc", the chance that a strange image has the higher score of the two, and "average_precision", the area below
        the precision-recall curve with strange images as what is to be found.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score  # a second to import, and only workers need it

    scores = np.concatenate([normal, strange])
    truth = np.concatenate([np.zeros(len(normal)), np.ones(len(strange))])
    return {
        "auroc": float(roc_auc_score(truth, scores)),
        "average_precision": float(average_precision_score(truth, scores)),
    }


def threshold_at(held_back: Scores, quantile: float) -> float:
    """Return the score that a share ``quantile`` of held-back normal training images does not exceed."""
    return float(np.quantile(held_back, quantile, method="higher"))


@dataclass(frozen=True)
class Confusion:
    """What a threshold makes of held-out images: how many of each sort lie above it and are called strange."""

    normal: int
    strange: int
    false_alarms: int  # normal ones above
    caught: int  # strange ones above

    @classmethod
    def at(cls, normal: Scores, strange: Scores, threshold: float) -> Confusion:
        """Count the scores above a threshold.

        Args:
            normal: the scores of normal images.
            strange: those of strange ones.
            threshold: what is above it is called strange.
        """
        above, caught = int((normal > threshold).sum()), int((strange > threshold).sum())
        return cls(len(normal), len(strange), above, caught)

    @property
    def false_alarm_rate(self) -> float:
        """The share of normal images that are called strange."""
        return self.false_alarms / self.normal

    @property
    def recall(self) -> float:
        """The share of strange images that are called strange."""
        return self.caught / self.strange

    @property
    def precision(self) -> float:
        """The share of what is called strange that is; 1 where nothing is."""
        called = self.caught + self.false_alarms
        return self.caught / called if called else 1.0
