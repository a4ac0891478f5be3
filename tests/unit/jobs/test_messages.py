"""What travels between workers and the web process comes back as it was, or is refused and ends nothing."""

from __future__ import annotations

import logging
import math
from dataclasses import fields
from typing import Any

import msgpack
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ae_core.jobs.dispatcher import Dispatcher
from ae_core.jobs.messages import Answer, Done, Failed, Message, Report, Unreadable, Warm, from_wire, to_wire
from ae_core.tasks.trainable import Loading, Measuring
from ae_core.training.cost import Pace
from ae_core.training.loop import Progress

numbers = st.floats(allow_nan=False, allow_infinity=False)
curves = st.lists(numbers, max_size=5)


@st.composite
def progresses(draw: st.DrawFn) -> Progress:
    """Reports with and without a frame; what is not known yet is NaN."""
    steps, frames = draw(st.integers(1, 10**6)), draw(st.integers(0, 3))
    columns = draw(st.lists(st.text(max_size=5), max_size=3, unique=True))
    length = draw(st.integers(0, 4))
    return Progress(
        step=draw(st.integers(0, steps)),
        steps=steps,
        epoch=draw(numbers),
        seconds=draw(numbers),
        seconds_left=draw(numbers | st.just(math.nan)),
        images_per_second=draw(numbers),
        history={name: draw(st.lists(numbers, min_size=length, max_size=length)) for name in columns},
        snapshot=torch.randint(0, 256, (12, 1, 4, 4), dtype=torch.uint8) if frames else None,
        points=torch.randn(frames, 5, 2).half().float() if frames else None,
        pretraining=draw(st.lists(curves, max_size=2)),
    )


paces = st.builds(
    lambda rates, kinds: Pace(*rates, kinds=kinds),
    st.tuples(*[st.floats(1e-15, 1.0)] * 4),
    st.dictionaries(st.text(max_size=5), st.floats(0.01, 100.0), max_size=3),
)
events = st.builds(Loading, numbers | st.none()) | st.just(Measuring()) | progresses()
messages: st.SearchStrategy[Message] = (
    st.builds(Report, st.text(max_size=8), events)
    | st.builds(Done, st.binary(max_size=20))
    | st.builds(Failed, st.text(max_size=20))
    | st.builds(Answer, numbers | st.binary(max_size=20))
    | st.builds(Warm, paces)
)


def same(one: Any, other: Any) -> bool:
    """Whether two messages say the same, tensors and NaN included."""
    if isinstance(one, (Report, Progress)):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)
        )
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    return one == other or (one != one and other != other)


def travelled(wire: Any) -> Any:
    """What arrives of it: Dask sends msgpack."""
    return msgpack.unpackb(msgpack.packb(wire, use_bin_type=True), raw=False, strict_map_key=False)


@given(messages)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert same(from_wire(travelled(to_wire(message))), message)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(messages, st.data())
def test_a_damaged_message_is_refused_or_makes_sense(message: Message, data: st.DataObject) -> None:
    wire = travelled(to_wire(message))
    name = data.draw(st.sampled_from(sorted(wire)))
    inner = wire[name] if isinstance(wire[name], dict) and wire[name] and data.draw(st.booleans()) else wire
    name = data.draw(st.sampled_from(sorted(inner)))
    if data.draw(st.booleans()):
        del inner[name]
    else:
        inner[name] = data.draw(anything)
    try:
        read = from_wire(wire)
    except Unreadable:
        return
    if isinstance(read, Report) and isinstance(read.event, Progress):
        progress = read.event
        assert 0 <= progress.step <= progress.steps
        assert all(map(math.isfinite, (progress.epoch, progress.seconds, progress.images_per_second)))
        assert len({len(column) for column in progress.history.values()}) <= 1
        assert progress.snapshot is None or progress.snapshot.ndim == 4
        assert progress.points is None or bool(progress.points.isfinite().all())


@given(anything)
def test_what_is_no_message_is_refused(wire: Any) -> None:
    with pytest.raises(Unreadable):
        from_wire(wire)


@pytest.mark.parametrize("event", [None, (1.0,), (1.0, None), (1.0, {"version": 0, "job": "a"}), (1.0, {"says": "x"})])
def test_the_event_loop_ignores_what_it_cannot_read_with_a_line_in_the_log(
    event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Report] = []
    dispatcher = Dispatcher(lambda: pytest.fail("no cluster"), heard.append, print, print)
    with caplog.at_level(logging.WARNING):
        dispatcher._hear(event)
    (line,) = caplog.messages
    assert line.startswith("ignoring what a worker says: ")
    dispatcher._hear((1.0, to_wire(Report("a", Measuring()))))
    assert heard == [Report("a", Measuring())]
