"""Two runs side by side: the difference of their settings, their metrics, loss curves and images."""

from __future__ import annotations

import streamlit as st

from ae_core.config.schema import Config
from ae_core.config.variants import title_of
from ae_core.data.datasets import INFO, absence, on_disk
from ae_core.models.codec import reconstruct
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.text import quoted, readable
from ui.figures import charts, film
from ui.figures.film import film_inputs
from ui.figures.pictures import Row, strip_html
from ui.figures.tables import table_html
from ui.train import lost_run
from ui.visit import batch, caches, link, shelf, widget_values
from ui.visit.state import visit

_NONE = "nothing"
_BETWEEN = "~"  # no setting holds one


def offer(run: Run, title: str) -> None:
    """Show a picker of the other runs on the shelf, and the comparison of ``run`` with the one that is picked."""
    others = {entry.id: entry for entry in shelf.entries() if entry.config.key != run.config.key}
    if not others:
        return
    st.subheader("Compare with another run")
    picked = st.selectbox(
        "Compare with",
        [_NONE, *others],
        format_func=lambda one: others[one].title if one in others else "choose a run",
        key="compare_with",
        label_visibility="collapsed",
    )
    if picked in others:
        try:
            other = shelf.run_of(others[picked])
        except caches.RunLost as lost:
            lost_run.offer(lost)
        else:
            beside(run, title, other, others[picked].title)


def beside(
    run: Run, title: str, other: Run, other_title: str, names: tuple[str, str] = ("This run", "The other")
) -> None:
    """Show two runs side by side: different settings, metrics, loss curves and reconstructions.

    Args:
        run: the one run.
        title: its title on the shelf.
        other: the other run.
        other_title: its title on the shelf.
        names: what the two are called in the tables, charts and strips.
    """
    different = other.config.describe_difference(run.config)
    st.write(f"From **{other_title}** to **{title}**: {different or 'nothing but the training differs'}.")
    rows = [
        ["Held-out squared error", f"{run.metrics['mse']:.5f}", f"{other.metrics['mse']:.5f}"],
        ["PCA's at the same code size", f"{run.metrics['pca_mse']:.5f}", f"{other.metrics['pca_mse']:.5f}"],
        *([["SSIM", *(f"{one.metrics['ssim']:.3f}" for one in (run, other))]] if _have_ssim(run, other) else []),
        ["5-NN accuracy of the codes", f"{run.metrics['knn_accuracy']:.1%}", f"{other.metrics['knn_accuracy']:.1%}"],
        ["Code", f"{run.config.code_size}", f"{other.config.code_size}"],
        ["Parameters", f"{run.parameters:,}", f"{other.parameters:,}"],
        ["Seconds of training", f"{run.seconds:.1f}", f"{other.seconds:.1f}"],
    ]
    st.html(table_html([("", ""), (names[0], "ae"), (names[1], "")], rows))
    if _unit(run) == _unit(other):
        st.plotly_chart(
            charts.two_losses([(names[0], run.history), (names[1], other.history)]),
            key="compared_losses",
            config=charts.BARE,
            width="stretch",
        )
    else:
        st.caption("Their losses are in different units, so their curves are not drawn over one another.")
    if run.config.dataset != other.config.dataset:
        st.caption("They learned from different data sets, so their reconstructions are not comparable.")
    elif on_disk(run.config.dataset):
        clean = film_inputs(run.config)[0]
        strips = [Row("Original", clean, small="held out")]
        for name, one, actor in ((names[0], run, "ae"), (names[1], other, "")):
            inputs = film_inputs(one.config)[1]
            made = reconstruct(one.model, inputs)
            strips.append(Row(name, made, small=f"code of {one.config.code_size}", actor=actor, over=clean))
        st.html(strip_html(strips, INFO[run.config.dataset]))


def _have_ssim(*runs: Run) -> bool:
    """Return whether all of them are of images: of series there is none."""
    return all("ssim" in run.metrics for run in runs)


def _unit(run: Run) -> tuple[object, ...]:
    config = run.config
    return config.loss, config.variational, config.dataset


# --- The Compare page's part: A is the run on screen, B is pinned beside it ---------------------------------


def two(entry: shelf.Entry) -> None:
    """Show the pickers of runs A and B, and the comparison of the two.

    A is the run on screen, ``entry``; B stays pinned for the visit and is in the link.
    """
    _open_pin(entry)
    entries = {one.id: one for one in shelf.entries()}
    state = visit().compare
    if state.pinned is None or state.pinned not in entries:
        state.pinned = _suggested(entry)
    widget_values.write(widget_values.COMPARE_A, entry.id)
    widget_values.write(widget_values.COMPARE_B, state.pinned)
    with st.container(key="two_runs"):
        left, middle, right = st.columns([5, 1.4, 5], vertical_alignment="bottom")
    left.selectbox(
        "A: the run on screen",
        list(entries),
        format_func=lambda one: entries[one].title,
        key=widget_values.COMPARE_A,
        on_change=lambda: shelf.choose(entries[widget_values.read(widget_values.COMPARE_A)]),
        help="The same as in the sidebar: every other page shows it too.",
    )
    right.selectbox(
        "B: pinned beside it",
        list(entries),
        format_func=lambda one: entries[one].title,
        key=widget_values.COMPARE_B,
        on_change=_picked_b,
        help="It stays pinned while you change A, and a link to this page carries both.",
    )
    middle.button(
        "Swap", icon=":material/swap_horiz:", on_click=_swap, args=(entry.id, state.pinned), help="A becomes B, and B becomes A.", width="stretch",
        key="swap",
    )  # fmt: skip
    other = entries[state.pinned]
    _offer_wanted(entry.config)
    if other.id == entry.id:
        st.info("A and B are the same run. Choose another for one of them.")
    else:
        run, pinned = shelf.run_of(entry), shelf.run_of(other)
        beside(run, entry.title, pinned, other.title, ("A", "B"))
        film.show(run, pinned)
    link.publish(entry.config, show="two", b=to_text(other.config))


def _picked_b() -> None:
    visit().compare.pinned = widget_values.read(widget_values.COMPARE_B)


def _swap(a: str, b: str) -> None:
    visit().chosen, visit().compare.pinned = b, a


def _suggested(entry: shelf.Entry) -> str:
    """Return the id of the run that is B before anybody chose: a shipped run of the same images that is not A."""
    shipped = [one.id for one in shelf.entries() if one.id.startswith("zoo:")]
    preferred = [f"zoo:{entry.config.dataset}-code-2", f"zoo:{entry.config.dataset}-code-32"]
    return next((id for id in [*preferred, *shipped] if id in shipped and id != entry.id), entry.id)


def to_text(config: Config) -> str:
    """Return a run as the parameter ``b`` of a link: a shipped one by its name, others by their settings.

    Settings that are the default are left out.
    """
    shipped = zoo.BY_KEY.get(config.key)
    if shipped is not None:
        return shipped.name
    return _BETWEEN.join(part for pair in config.to_query().items() for part in pair)


def from_text(text: str) -> tuple[Config, list[str]]:
    """Read the parameter ``b`` of a link.

    Returns the Config of the run, and a sentence for whatever could not be taken as written.
    """
    if text in zoo.ZOO:
        return zoo.ZOO[text].config, []
    parts = text.split(_BETWEEN)
    return Config.from_query(dict(zip(parts[::2], parts[1::2], strict=False)))


def _open_pin(entry: shelf.Entry) -> None:
    """Pin run B when the visit begins: the one that the link names, or a suggestion."""
    state, opened = visit().compare, visit().link
    if state.pinned is not None:
        return
    state.pinned = _suggested(entry)
    text = opened.view.get("b")
    if text is None:
        return
    if text not in zoo.ZOO and _BETWEEN not in text:
        opened.notes.append(f"The link compares with {quoted(text)}, a run that is not known here; B is another one.")
        return
    config, notes = from_text(text)
    opened.notes.extend(notes)
    if not _pin(config):
        state.pin_wanted = config


def _pin(config: Config) -> bool:
    """Pin the run of ``config`` as B if it is known, and return whether it is."""
    found = shelf.known(config)
    if found is None:
        return False
    shelf.add(found)
    visit().compare.pinned = found.id
    return True


def _offer_wanted(config: Config) -> None:
    """Offer to train the link's run B where this server does not have it, and show how far that is."""
    wanted = visit().compare.pin_wanted
    if wanted is None:
        return
    if not on_disk(wanted.dataset):
        st.warning(
            f"The link compares with a run on {INFO[wanted.dataset].title}. {absence(wanted.dataset)} "
            "B is a run that comes with the lab instead."
        )
        return

    @st.fragment(run_every=1.0 if batch.active() else None)
    def wait() -> None:
        batch.collect()
        if _pin(wanted):
            visit().compare.pin_wanted = None
            st.rerun()
        if (found := batch.active()) is not None:
            batch.progress(found)
            return
        words, button = st.columns([3, 1], vertical_alignment="center")
        seconds = caches.manager().pace.seconds(wanted)
        words.write(
            f"The link compares with **{title_of(wanted)}**, which is not on this server. "
            f"Training it here takes about {readable(seconds)}; until then B is another run."
        )
        if button.button("Train B", type="primary", width="stretch"):
            batch.train([wanted], {wanted.key: title_of(wanted)})
            st.rerun()
        batch.show_refusal()

    wait()
