"""A document is drawn as its strongest words, with what a model makes of them marked on their bars."""

from __future__ import annotations

import pytest
import torch

from ae_core.data.datasets import INFO, load
from ui.figures.items import draw, words_of
from ui.figures.words import HEIGHT, LINES, WIDTH, as_words

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


def document(**counts: float) -> torch.Tensor:
    return torch.tensor([counts.get(word, 0.0) for word in WORDS]).view(1, 1, 1, -1)


def line(picture: torch.Tensor, number: int) -> torch.Tensor:
    """The rows of a picture (C, h, w) that a word stands in."""
    height = HEIGHT // LINES
    return picture[:, number * height : (number + 1) * height]


def test_the_strongest_word_stands_first_over_the_longest_bar() -> None:
    picture = as_words(document(beta=0.5, delta=1.0), None, WORDS)[0]
    first, second, third = (line(picture, number)[0, 1] for number in range(3))
    assert float(first[WIDTH - 5]) > 0.3
    assert float(second[WIDTH // 2 - 8]) > 0.3
    assert not float(second[WIDTH // 2 + 8])
    assert not float(third.max())  # a word that is not there is not drawn
    alone = as_words(document(delta=1.0), None, WORDS)[0]
    assert torch.equal(line(alone, 0), line(picture, 0))
    assert float(line(picture, 0).max()) > 0.9  # it is written


def test_what_is_made_of_it_is_marked_with_the_error_between() -> None:
    red, green, blue = as_words(document(beta=0.8), document(beta=0.4), WORDS)[0]
    row = 12  # below the letters
    mark, end = int(0.8 * (WIDTH - 1)), int(0.4 * (WIDTH - 1))
    assert blue[row, mark] > 0.9 > red[row, mark]
    assert red[row, end + 10] > 0.5 > blue[row, end + 10]
    assert red[row, 5] == green[row, 5] == blue[row, 5] > 0
    assert not float(red[row, mark + 6])


def test_a_word_that_the_model_alone_says_is_there_is_among_them() -> None:
    picture = as_words(document(theta=0.9), document(beta=0.5), WORDS)[0]
    blue, red = picture[2], picture[0]
    assert float((blue - red)[6].max()) > 0.5  # in the first line
    assert float((red - blue)[12 + HEIGHT // LINES].max()) > 0.3  # and what it does not say in the second


def test_bytes_and_floats_are_drawn_alike() -> None:
    items = torch.randint(0, 256, (3, 1, 1, 8), dtype=torch.uint8)
    assert torch.equal(as_words(items, None, WORDS), as_words(items.float() / 255, None, WORDS))


def test_documents_of_the_lab_are_drawn_with_their_own_words() -> None:
    info = INFO["documentation"]
    assert len(words_of(info)) == info.pixels
    assert words_of(INFO["digits"]) == ()
    assert draw(load("documentation", "test").images[:3], info).shape == (3, 1, HEIGHT, WIDTH)


@pytest.mark.parametrize("count", [0, 1])
def test_few_documents_are_drawn_too(count: int) -> None:
    assert as_words(torch.zeros(count, 1, 1, 8), None, WORDS).shape == (count, 1, HEIGHT, WIDTH)
