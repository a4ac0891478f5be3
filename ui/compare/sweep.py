"""The controls of a sweep: its setting, its values, what training it costs, and the button that trains it."""

from __future__ import annotations

import streamlit as st

from ae_core.config.schema import FORMER_NAMES, Config, spec
from ae_core.data.datasets import INFO, absence, on_disk
from ae_core.errors import LabError
from ae_core.jobs.limits import RefusedJob
from ae_core.runs import sweeps
from ae_core.runs.sweeps import AXES, Sweep
from ae_core.text import as_written, readable
from ui.compare import small_multiples
from ui.settings import controls
from ui.visit import batch, caches, link, shelf, widget_values
from ui.visit.state import visit

CODE_SIZE_SWEEP = "ladder"  # as links have it: what is varied when nothing is, the sizes that come with the lab


def show(entry: shelf.Entry) -> None:
    """Show the sweep of a setting of ``entry``'s run: choose setting and values, train what is missing, compare."""
    base = entry.config
    had_batch = batch.active() is not None

    @st.fragment(run_every=1.0 if had_batch else None)
    def part() -> None:
        batch.collect()
        if (batch.active() is not None) != had_batch:
            st.rerun()  # the shelf has what was trained, and the fragment another rhythm
        vary = _pick_setting(base)
        if vary is None:
            st.info("None of this run's settings can be swept. Choose another run on the left.")
            link.publish(base, show="sweep")
            return
        values = None if vary == CODE_SIZE_SWEEP else _pick_values(base, vary)
        _sweep(entry, vary, values)

    part()


def _pick_setting(base: Config) -> str | None:
    """Show the choice of the setting to vary, and return it: :data:`CODE_SIZE_SWEEP` or a field of ``base``.

    None where no setting of this run can be swept.
    """
    options = [*([CODE_SIZE_SWEEP] if sweeps.code_size_sweep(base.dataset) else []), *sweeps.fields_of(base)]
    if not options:
        return None
    state, key = visit().compare, widget_values.SWEEP_SETTING
    if state.vary is None:
        asked = visit().link.view
        if (former := asked.get("vary", "")) in FORMER_NAMES:
            asked["vary"] = FORMER_NAMES[former]
        state.vary = link.choice("vary", options[0], options)
    if widget_values.begin_with(key, state.vary) not in options:  # of another run
        widget_values.write(key, options[0])
    state.vary = st.segmented_control(
        "What to vary",
        options,
        format_func=lambda name: "The shipped code sizes" if name == CODE_SIZE_SWEEP else controls.label(name),
        required=True,
        key=key,
        wrap=True,
        help="Every other setting stays as it is in the run on screen. Noise, beta and sparsity can be varied on runs "
        "that have them: choose a denoising, variational or sparse run in the sidebar.",
    )
    return state.vary


def _pick_values(base: Config, field: str) -> tuple[float, ...]:
    """Show the choice of the swept values, and return them.

    What the link asked for and the base's own value are among those on offer.
    """
    opened, axis = visit().link, AXES[field]
    chosen = visit().compare.values
    if field not in chosen:
        values = sweeps.valid(base, field, axis.start)
        asked = opened.view.pop("values", "") if opened.view.get("vary") == field else ""
        if asked:
            read, whole = sweeps.from_text(field, asked)
            values = sweeps.valid(base, field, read) or values
            if not whole or values != read:
                opened.notes.append(
                    f"The link asked for values of {spec(field).name_within} that are not all valid; "
                    f"shown are {', '.join(f'{value:g}' for value in values)}."
                )
        chosen[field] = values
    options = sorted({*axis.values, *chosen[field], getattr(base, field)})
    options = list(sweeps.valid(base, field, options))
    key = widget_values.sweep_values(field)
    fit = [value for value in widget_values.read(key, chosen[field]) if value in options]
    if widget_values.read(key) != fit:
        widget_values.write(key, fit)
    picked = st.pills(
        f"Values of {_named(field)}",
        options,
        selection_mode="multi",
        format_func=lambda value: f"{value:g}",
        key=key,
        help=f"At most {sweeps.MOST_POINTS}. Runs that are known already are shown at once.",
    )
    chosen[field] = tuple(picked)
    return tuple(picked)


def _sweep(entry: shelf.Entry, vary: str, values: tuple[float, ...] | None) -> None:
    base = entry.config
    view = {"show": "sweep", "vary": vary, "values": None if values is None else sweeps.to_text(values)}
    try:
        sweep = sweeps.code_size_sweep(base.dataset) if values is None else sweeps.of(base, vary, values)
    except LabError as error:
        st.info(as_written(error))
        link.publish(base, **view)
        return
    assert sweep is not None  # it is on offer only where there is one
    known = {point.config.key: found for point in sweep.points if (found := shelf.known(point.config)) is not None}
    _about(entry, vary, sweep)
    _controls(sweep, known, base, shipped=vary == CODE_SIZE_SWEEP)
    small_multiples.show(sweep, known)
    link.publish(base, **view)


def _about(entry: shelf.Entry, vary: str, sweep: Sweep) -> None:
    config = entry.config
    if vary == CODE_SIZE_SWEEP:
        others = ", ".join(spec(name).name_within for name in sweep.also_differs)
        st.write(
            f"**{INFO[config.dataset].title}: {len(sweep.points)} code sizes that come with the lab.** "
            "Each was given the network and the budget that suit its size"
            + (f", so these differ too: {others}. To change the code size alone, choose it above." if others else ".")
        )
    else:
        st.write(
            f"**{entry.title}**, with {len(sweep.points)} values of {_named(vary)}. "
            "Every other setting, the seed included, is the same in all of them."
        )
    for sentence in sweep.left_out:
        st.caption(as_written(sentence))


def _named(field: str) -> str:
    return "beta" if field == "beta" else f"the {spec(field).name_within}"


def _controls(sweep: Sweep, known: dict[str, shelf.Entry], base: Config, shipped: bool) -> None:
    """Show what is missing of a sweep, how long training takes, and the button that trains or stops it.

    Args:
        sweep: the sweep.
        known: the runs that are there, by the key of their Config.
        base: the Config of the run on screen.
        shipped: whether the sweep is the one that comes with the lab, so that there is nothing to train.
    """
    with st.container(key="sweep_controls"):
        words, button = st.columns([3, 2], vertical_alignment="center")
    found = batch.active()
    missing = sweep.without(known.keys())
    if found is not None:
        with words:
            batch.progress(found)
        button.button("Stop", on_click=batch.stop, disabled=found.stopped, icon=":material/stop:", width="stretch")
        return
    if not missing:
        words.markdown(f"All {len(sweep.points)} runs are here.")
        if not shipped:  # the button keeps its place, and the page its height
            button.button("Train the sweep", disabled=True, width="stretch", help="There is nothing left to train.")
        return
    count, manager = len(missing), caches.manager()
    seconds = sweep.seconds(manager.pace, known.keys())
    refusal = ""
    if not on_disk(base.dataset):
        refusal = absence(base.dataset)
    else:
        try:
            manager.limits.check_all(missing, manager.pace)
        except RefusedJob as error:
            refusal = as_written(error)
    known_words = f"{len(known)} of {len(sweep.points)} runs are here. " if known else ""
    runs = "one" if count == 1 else f"{count}"
    words.markdown(
        refusal
        or f"{known_words}Training {'the other ' if known else 'all '}{runs} takes about **{readable(seconds)}**."
    )
    button.button(
        "Train the sweep",
        type="primary",
        on_click=batch.train,
        args=(missing, {point.config.key: small_multiples.title_of(sweep, point) for point in sweep.points}),
        disabled=bool(refusal),
        width="stretch",
        help="They are trained in the queue, in turns with other visitors' runs, while you look at other pages. "
        "Closing the tab stops what has not begun.",
    )
    batch.show_refusal()
