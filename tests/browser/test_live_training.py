"""Training and the people around it: who leave in the middle, who come by a link, who want the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from serving import healthy, serve
from until import until
from visitor import TRAINING, Visitor, quick_run

from ae_core.jobs.cluster import shape_of_machine

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def start(*visitors: Visitor, epochs: int, seed: int) -> None:
    """All come by the same link to settings, press Train one after the other, and see it train."""
    for visitor in visitors:
        visitor.open(quick_run(epochs, seed))
    for visitor in visitors:
        visitor.press(visitor.button("Train"))
    for visitor in visitors:
        expect(visitor.main.get_by_role("heading", name="Training: ")).to_be_visible(timeout=TRAINING)


def finish(visitor: Visitor) -> str:
    """Wait until the run has its numbers, and return them."""
    expect(visitor.shelf).to_have_value("Digits: deep dense, code of 4", timeout=TRAINING)
    visitor.rest()
    how, facts = visitor.main.get_by_text("Finished after"), visitor.main.locator(".facts")
    expect(how).to_be_visible()
    expect(facts).to_contain_text("held-out MSE")
    return how.inner_text() + facts.inner_text()


def test_who_reloads_in_mid_training_finds_their_run_and_stops_it_from_another_tab(visit: Visit) -> None:
    visitor = visit()
    start(visitor, epochs=1000, seed=1)
    visitor.page.reload()
    expect(visitor.main.get_by_role("heading", name="Training: ")).to_be_visible()
    second = Visitor(visitor.page.context.new_page(), visitor.server, visitor.phone)
    second.open("train")
    expect(second.main.get_by_role("heading", name="Training: ")).to_be_visible()
    second.press(second.button("Stop"))
    for tab in (visitor, second):
        expect(tab.button("Train")).to_be_enabled(timeout=TRAINING)
        expect(tab.button("Stop")).to_have_count(0)
    stranger = visit()
    stranger.open("train")
    stranger.shelf.click()
    expect(stranger.page.get_by_role("option", name="stopped at")).to_have_count(0)


def test_a_tab_closed_in_mid_training_leaves_a_server_that_trains_for_others(visit: Visit) -> None:
    leaving, staying = visit(), visit()
    start(leaving, epochs=100, seed=2)
    leaving.page.close()
    assert healthy(staying.server)
    staying.open(quick_run(epochs=3, seed=3))
    staying.press(staying.button("Train"))
    finish(staying)


def test_two_who_want_the_same_run_share_one(visit: Visit) -> None:
    one, other = visit(), visit()
    start(one, other, epochs=100, seed=4)
    assert finish(one) == finish(other)  # to the tenth of a second that it took


def test_who_leaves_a_shared_run_does_not_stop_it(visit: Visit) -> None:
    one, other = visit(), visit()
    start(one, other, epochs=1000, seed=5)
    one.press(one.button("Stop"))
    expect(one.main.get_by_text("it goes on without you")).to_be_visible()
    expect(other.button("Stop")).to_be_enabled()
    other.press(other.button("Stop"))
    expect(other.main.get_by_text("Stopped after")).to_be_visible(timeout=TRAINING)


def test_a_link_to_a_run_that_the_server_lacks_has_it_trained(visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto(f"{visitor.server}/{quick_run(epochs=3, seed=7).replace('train', 'reconstruct', 1)}")
    expect(visitor.main.get_by_text("Training the run that this link shows")).to_be_visible()
    expect(visitor.main.get_by_role("heading", name="Reconstruct", level=1)).to_be_visible(timeout=TRAINING)
    expect(visitor.shelf).to_have_value("Digits: deep dense, code of 4")


@pytest.fixture
def server_without_workers(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose cluster nobody answers for: every job stays in the queue."""
    with serve(tmp_path, AE_DASK_ADDRESS="tcp://127.0.0.1:9") as address:
        yield address


def test_who_leaves_the_queue_can_train_again(server_without_workers: str, visit: Visit) -> None:
    visitor = visit(server=server_without_workers)
    visitor.open(quick_run(epochs=3, seed=8))
    visitor.press(visitor.button("Train"))
    visitor.press(visitor.button("Leave the queue"))
    expect(visitor.button("Leave the queue")).to_have_count(0)
    expect(visitor.button("Train")).to_be_enabled(timeout=3000)


@pytest.mark.load  # a minute
def test_the_place_of_who_closed_the_tab_is_free_within_fifteen_seconds(visit: Visit) -> None:
    workers, _ = shape_of_machine()
    busy = [visit() for _ in range(workers)]
    leaving, waiting = visit(), visit()
    for number, visitor in enumerate(busy):
        start(visitor, epochs=1000, seed=130 + number)
    for visitor, seed in ((leaving, 11), (waiting, 12)):
        visitor.open(quick_run(epochs=3, seed=seed))
        visitor.press(visitor.button("Train"))
        expect(visitor.button("Leave the queue")).to_be_visible()
    expect(waiting.main.get_by_text("Number 2 in the queue")).to_be_visible()
    leaving.page.close()
    expect(waiting.main.get_by_text("Number 1 in the queue")).to_be_visible(timeout=15_000)
    busy[0].page.close()  # and the worker is free within thirty
    expect(waiting.main.get_by_text("Number 1 in the queue")).to_have_count(0, timeout=30_000)
    expect(waiting.main.get_by_text("Finished after")).to_be_visible(timeout=TRAINING)


def test_the_line_of_pca_is_named_on_the_chart(visit: Visit) -> None:
    visitor = visit()
    visitor.open(f"{quick_run(epochs=3, seed=9)}&trained=1")
    finish(visitor)
    expect(visitor.main.locator(".annotation-text").get_by_text("PCA")).to_be_visible(timeout=3000)


def test_on_a_phone_training_is_in_sight_of_who_pressed_train(visit: Visit) -> None:
    visitor = visit("phone")
    start(visitor, epochs=200, seed=10)
    expect(visitor.progress()).to_be_visible(timeout=TRAINING)
    expect(visitor.progress()).to_be_in_viewport(timeout=3000)


def test_on_a_phone_the_page_goes_to_the_run_that_has_begun_and_shows_its_whole_heading(visit: Visit) -> None:
    visitor = visit("phone")
    start(visitor, epochs=1000, seed=31)
    heading = visitor.main.get_by_role("heading", name="Training: ")
    header = visitor.page.get_by_test_id("stHeader")
    visitor.rest()
    top = heading.evaluate("heading => heading.getBoundingClientRect().top")
    assert header.evaluate("header => header.getBoundingClientRect().bottom") <= top < 400
    visitor.press(visitor.button("Stop"))


def test_a_connection_that_drops_and_comes_back_finds_the_run_as_it_was(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script(
        "const Real = window.WebSocket; window.sockets = [];"
        "window.WebSocket = class extends Real { constructor(...of) { super(...of); window.sockets.push(this); } };"
    )
    start(visitor, epochs=1000, seed=33)
    visitor.page.evaluate("() => window.sockets.at(-1).close()")
    until(visitor.page, "window.sockets.length > 1 && window.sockets.at(-1).readyState === 1", timeout=20_000)
    expect(visitor.main.get_by_role("heading", name="Training: ")).to_be_visible()
    visitor.press(visitor.button("Stop"))
    expect(visitor.main.get_by_text("Stopped after")).to_be_visible(timeout=TRAINING)
    # Streamlit says so itself of a look that fell into the gap
    visitor.problems[:] = [problem for problem in visitor.problems if "when disconnected from server" not in problem]
