"""Indices that are searched whole: of vectors by Euclidean distance, of bits by how many of them differ."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

_AT_ONCE = 250  # questions; bounds the distances that are held at a time
_TIMED = 40  # questions of which each is timed by itself


class Index(Protocol):
    """What images are searched in."""

    @property
    def bytes_each(self) -> int:
        """Bytes that it keeps of an image."""
        ...

    def search(self, questions: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Find the nearest.

        Args:
            questions: float (Q, D), as the vectors were that the index was made of.
            count: how many to find for each.

        Returns:
            Their numbers, int64 (Q, count), nearest first, and their distances, float (Q, count).
        """
        ...


@dataclass(frozen=True, eq=False)
class FlatIndex:
    """Vectors, float (N, D), each of which is compared with a question: exact, and as fast as its vectors are short."""

    vectors: Tensor

    @property
    def bytes_each(self) -> int:
        """Bytes that it keeps of an image: four for each number."""
        return 4 * self.vectors.shape[1]

    @cached_property
    def _squares(self) -> Tensor:
        return self.vectors.square().sum(1)

    def search(self, questions: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Find the nearest by Euclidean distance, see :meth:`Index.search`."""
        found = []
        for part in questions.split(_AT_ONCE):
            squared = part.square().sum(1, keepdim=True) + self._squares - 2 * part @ self.vectors.T
            nearest = squared.topk(count, dim=1, largest=False)
            found.append((nearest.indices, nearest.values.clamp_min(0).sqrt()))
        return torch.cat([one for one, _ in found]), torch.cat([other for _, other in found])


@dataclass(frozen=True, eq=False)
class Hashing:
    """Hyperplanes that make bits of a code: a bit says on which side of one the code lies.

    ``planes`` is (D, B), ``offsets`` (B,): how far from zero each plane is, along its own direction.
    """

    planes: Tensor
    offsets: Tensor

    @classmethod
    def fit(cls, codes: Tensor, bits: int, seed: int = 0, steps: int = 30) -> Hashing:
        """Choose hyperplanes for the codes of training images.

        Of as many numbers as bits, or more, the first principal directions are turned so that the corners of a cube come as
        near to the codes as they can: iterative quantisation (Gong & Lazebnik 2011). Fewer numbers cannot be turned into as
        many: each of them is cut at several places, with as many codes between one and the next, so that more bits differ
        the farther apart two codes are (``benchmarks.apply search-bits``).

        Args:
            codes: float (N, D).
            bits: B, how many.
            seed: of the first turn.
            steps: of the iteration.

        Returns:
            The hashing.
        """
        numbers = codes.shape[1]
        if numbers < bits:
            cut = torch.arange(bits) % numbers  # the number that each bit is about
            offsets = torch.empty(bits)
            for number in range(numbers):
                places = int((cut == number).sum())
                offsets[cut == number] = codes[:, number].quantile(torch.arange(1, places + 1) / (places + 1))
            return cls(torch.eye(numbers)[:, cut], offsets)
        centre = codes.mean(0)
        axes = torch.linalg.eigh(torch.cov(codes.T).double()).eigenvectors[:, -bits:].float()
        flat = (codes - centre) @ axes
        turn = torch.linalg.qr(torch.randn(bits, bits, generator=torch.Generator().manual_seed(seed))).Q
        for _ in range(steps):
            corners = torch.where(flat @ turn > 0, 1.0, -1.0)
            left, _, right = torch.linalg.svd(flat.T @ corners)
            turn = left @ right
        return cls(axes @ turn, centre @ axes @ turn)

    def bits(self, codes: Tensor) -> npt.NDArray[np.uint64]:
        """Return the bits of codes (N, D), packed into words (N, ceil(B / 64))."""
        packed = np.packbits((codes @ self.planes > self.offsets).numpy(), axis=1)
        whole = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
        whole[:, : packed.shape[1]] = packed
        return whole.view(np.uint64)


@dataclass(frozen=True, eq=False)
class BitIndex:
    """Codes of a few bits, of which a question's is compared with all: a distance is how many of the bits differ."""

    hashing: Hashing
    words: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, codes: Tensor, bits: int) -> BitIndex:
        """Make the index of the codes (N, D) of training images."""
        hashing = Hashing.fit(codes, bits)
        return cls(hashing, hashing.bits(codes))

    @property
    def bytes_each(self) -> int:
        """Bytes that the bits of an image take."""
        return -(-self.hashing.planes.shape[1] // 8)

    def search(self, questions: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Find the nearest by the number of differing bits; of equally near ones those that come first."""
        order, apart = [], []
        for word in self.hashing.bits(questions):
            differing = np.bitwise_count(self.words ^ word).sum(1, dtype=np.int64)
            ranked = differing * len(differing) + np.arange(len(differing))  # no two are equal
            nearest = np.argpartition(ranked, count - 1)[:count]
            nearest = nearest[np.argsort(ranked[nearest])]
            order.append(nearest)
            apart.append(differing[nearest])
        return torch.from_numpy(np.array(order)), torch.from_numpy(np.array(apart)).float()


def milliseconds(index: Index, questions: Tensor, count: int) -> float:
    """Return the shortest time of a question that comes alone, in milliseconds: other work only adds to it.

    Args:
        index: that is searched.
        questions: float (Q, D), of which the first are asked one by one.
        count: how many neighbours are searched.
    """
    index.search(questions[:1], count)  # what is computed but once
    times = []
    for question in questions[:_TIMED].split(1):
        started = time.perf_counter()
        index.search(question, count)
        times.append(time.perf_counter() - started)
    return 1000 * min(times)


def right_share(found: Tensor, labels: Tensor, right: Tensor) -> Tensor:
    """Return the share of what was found that has the right class.

    Args:
        found: numbers of images, (Q, count).
        labels: of all images, (N,).
        right: the questions' classes, (Q,).

    Returns:
        Shares, float (Q,).
    """
    return (labels[found] == right[:, None]).float().mean(1)
