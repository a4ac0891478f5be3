"""Training and the people around it: who leave in the middle, who come by a link, who want the same run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import healthy
from playwright.sync_api import expect
from visitor import TRAINING, Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def settings(epochs: int, seed: int) -> str:
    """A link to settings on Train. Another seed is another run: tests share a server, and a run that it knows."""
    return f"train?dataset=digits&hidden=64&code_size=4&learning_rate=0.005&batch_size=32&epochs={epochs}&seed={seed}"


def start(visitor: Visitor, epochs: int, seed: int) -> None:
    """Come by a link to settings and train them until the first epochs are counted."""
    visitor.open(settings(epochs, seed))
    visitor.press(visitor.button("Train"))
    expect(visitor.progress()).to_be_visible(timeout=TRAINING)


def finish(visitor: Visitor) -> str:
    """Wait until the run has its numbers, and return them."""
    expect(visitor.shelf).to_have_value("Digits: deep dense, code of 4", timeout=TRAINING)
    visitor.rest()
    how, facts = visitor.main.get_by_text("Finished after"), visitor.main.locator(".facts")
    expect(how).to_be_visible()
    expect(facts).to_contain_text("held-out MSE")
    return how.inner_text() + facts.inner_text()


def test_who_reloads_in_mid_training_can_go_on_with_it(visit: Visit) -> None:
    visitor = visit()
    start(visitor, epochs=100, seed=1)
    visitor.page.reload()
    visitor.settle("train")
    visitor.press(visitor.button("Train"))
    finish(visitor)


def test_a_tab_closed_in_mid_training_leaves_a_server_that_trains_for_others(visit: Visit) -> None:
    leaving, staying = visit(), visit()
    start(leaving, epochs=60, seed=2)
    leaving.page.close()
    assert healthy(staying.server)
    staying.open(settings(epochs=3, seed=3))
    staying.press(staying.button("Train"))
    finish(staying)


def test_two_who_want_the_same_run_share_one(visit: Visit) -> None:
    one, other = visit(), visit()
    start(one, epochs=100, seed=4)
    start(other, epochs=100, seed=4)
    assert finish(one) == finish(other)  # to the tenth of a second that it took


def test_who_leaves_a_shared_run_does_not_stop_it(visit: Visit) -> None:
    one, other = visit(), visit()
    start(one, epochs=200, seed=5)
    start(other, epochs=200, seed=5)
    one.press(one.button("Stop"))
    expect(one.main.get_by_text("it goes on without you")).to_be_visible()
    other.press(other.button("Stop"))
    expect(other.main.get_by_text("Stopped after")).to_be_visible(timeout=TRAINING)


def test_a_link_to_a_run_that_the_server_lacks_has_it_trained(visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto(f"{visitor.server}/{settings(epochs=3, seed=6).replace('train', 'reconstruct', 1)}")
    expect(visitor.main.get_by_text("Training the run that this link shows")).to_be_visible()
    expect(visitor.main.get_by_role("heading", name="Reconstruct", level=1)).to_be_visible(timeout=TRAINING)
    expect(visitor.shelf).to_have_value("Digits: deep dense, code of 4")
