"""Make the ``heartbeats`` data set: beats of an electrocardiogram by the equations of McSharry et al. (2003), 140 numbers each.

A point goes round a circle once a beat; near five angles the waves P, Q, R, S and T push the voltage up or down, and it
wanders with the breath (IEEE Transactions on Biomedical Engineering 50, 289). A wave more lifts a segment between S and T.
Each beat draws its own rate, and its own place, height and width of every wave; then the electrodes' noise is added.
The kinds that are not normal are drawn from what textbooks say of them: they are for learning about models, not about hearts.

Take-home scripts carry the source of these functions, so they use NumPy and nothing of the lab.
"""

from __future__ import annotations

import numpy as np

KINDS = ("normal", "ventricular", "atrial", "raised ST", "inverted T")


def draw_beats(count: int, samples: int = 140) -> tuple[np.ndarray, np.ndarray]:
    """Draw heartbeats: six in ten are normal, and each of the four strange kinds is one in ten.

    Args:
        count: how many.
        samples: numbers of a beat, over one turn of the circle, the R wave near the middle.

    Returns:
        float (count, samples) in millivolts, and int64 (count,): which of normal, ventricular (premature: early and wide,
        without P, T turned over), atrial (premature: early, P turned over and close), raised ST, inverted T.
    """
    random = np.random.RandomState(0)  # NumPy promises this stream never to change
    kinds = random.choice(5, count, p=(0.6, 0.1, 0.1, 0.1, 0.1))
    # Of P, Q, R, S, T (Table I) and the ST segment: the angle, how strongly it pushes, and how wide it is.
    angle = np.tile([-np.pi / 3, -np.pi / 12, 0, np.pi / 12, np.pi / 2, np.pi / 4], (count, 1))
    push = np.tile([1.2, -5.0, 30.0, -7.5, 0.75, 0.0], (count, 1))
    width = np.tile([0.25, 0.1, 0.1, 0.1, 0.4, 0.35], (count, 1))
    seconds = np.clip(random.normal(0.9, 0.08, count), 0.65, 1.2)  # of a beat

    ventricular, atrial, raised, inverted = (kinds == kind for kind in (1, 2, 3, 4))
    push[ventricular] = [0, 0, 4.5, -2.2, -0.9, 0]
    width[ventricular] = [0.25, 0.1, 0.26, 0.3, 0.5, 0.35]
    angle[ventricular, 3] = 0.6
    push[atrial, 0], angle[atrial, 0], width[atrial, 0] = -1.6, -0.75, 0.18
    seconds[ventricular | atrial] *= 0.72
    push[raised, 5] = random.uniform(0.4, 1.2, count)[raised]  # from hardly to be seen to plain
    push[inverted, 4] = random.uniform(-0.7, -0.1, count)[inverted]

    push *= np.exp(random.normal(0, 0.15, push.shape))
    width *= np.exp(random.normal(0, 0.1, width.shape))
    faster = np.sqrt(0.9 / seconds)[:, None]  # the waves keep more of a shorter beat, as Bazett's formula has it
    angle = angle * faster**0.5 + random.normal(0, 0.04, angle.shape)
    breath, phase = random.uniform(0, 0.004, count), random.uniform(0, 2 * np.pi, count)

    turns, steps = 1.25, 3  # a quarter of a turn before, in which the voltage forgets where it began; steps to a sample
    shift = random.normal(0, 0.12, count)  # radians: a detector of the R wave is not exact
    start, each = -np.pi - (turns - 1) * 2 * np.pi + shift, 2 * np.pi / (samples * steps)
    voltage, beats = np.zeros(count), np.empty((count, samples))
    pause, lead = seconds / (samples * steps), int((turns - 1) * samples * steps)
    for step in range(lead + samples * steps):
        at = (start + step * each)[:, None] - angle
        at = (at + np.pi) % (2 * np.pi) - np.pi  # the nearest way round the circle
        waves = (push * at * np.exp(-(at**2) / (2 * width**2))).sum(1)
        baseline = breath * np.sin(2 * np.pi * 0.25 * step * pause + phase)
        voltage = voltage + pause * (-waves - (voltage - baseline))  # equation 1, by Euler's method
        if step >= lead and (step - lead) % steps == 0:
            beats[:, (step - lead) // steps] = voltage
    return beats * 35 + random.normal(0, 0.02, beats.shape), kinds


def beats_as_bytes(beats: np.ndarray, lowest: float = -1.0, highest: float = 2.0) -> np.ndarray:
    """Turn beats into bytes, 0 for the lowest and 255 for the highest.

    Args:
        beats: (N, T), in millivolts or another unit.
        lowest: in that unit; what is below is cut off.
        highest: in that unit; what is above is cut off.

    Returns:
        uint8 (N, 1, T, 1).
    """
    shares = (beats - lowest) / (highest - lowest)
    return np.rint(255 * shares.clip(0, 1)).astype(np.uint8)[:, None, :, None]
