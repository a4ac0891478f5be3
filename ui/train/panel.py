"""The controls of the Train page: kind, data set, settings, their cost, and the buttons that train."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ae_core.classroom.lesson import CONTROLS
from ae_core.config.presets import BY_KEY, PRESETS
from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS, Variant
from ae_core.data import own
from ae_core.data.datasets import INFO, absence, available, on_disk
from ae_core.jobs.limits import RefusedJob
from ae_core.models.autoencoder import count_parameters
from ae_core.runs.preset_records import recorded
from ae_core.runs.run import Run
from ae_core.text import as_written, readable
from ui.classroom import lesson
from ui.settings import controls
from ui.shell.navigation import PAGES
from ui.train import step_through
from ui.visit import caches, jobs, link, shelf
from ui.visit.state import visit
from ui.widgets import download
from ui.widgets.expander import expander


def panel(run: Run, below: DeltaGenerator) -> None:
    """Show the controls of the Train page: kind, data set, settings, cost, buttons, and tutorials' models.

    ``run`` is the one on screen. The single training steps follow the settings, too, and are drawn at ``below``.
    """
    visit().train.pressed = False  # this is the whole page being drawn
    variant = VARIANTS[controls.pick_variant()]
    st.caption(variant.adds_to(controls.draft().dataset))
    here = available()
    controls.pick_dataset(here, [name for name in INFO if name not in here])
    missing = not on_disk(controls.draft().dataset)
    if missing:
        _offer_images(controls.draft().dataset)
    _settings(run, variant, missing, below)
    _explanation(variant)
    if not controls.hides("kind"):
        _tutorials()
    lesson.offer()


def _offer_images(name: str) -> None:
    """Say that the images of a data set are not here, and offer the way to them."""
    if not own.is_own(name):
        download.offer(name)
        return
    lost = "This server ran out of room for visitors' own data, and forgot yours. " if visit().own_sets.lost else ""
    st.info(as_written(lost + absence(name)))
    if INFO[name].kind == "table":
        st.page_link(PAGES["tables"].script, label="To Tables", icon=":material/table:")
    else:
        st.page_link(PAGES["photos"].script, label="To Photos", icon=":material/photo_camera:")


@st.fragment
def _explanation(variant: Variant) -> None:
    if place := expander(f"{variant.title}: what it is", key="what_it_is"):
        dataset = controls.draft().dataset
        place.markdown(variant.adds_to(dataset))
        place.latex(variant.formula)
        place.markdown(f"**Look for:** {variant.look_for_in(dataset)}  \n*{variant.reference}*")


@st.fragment
def _tutorials() -> None:
    """Show a button for each tutorial's model; for the one that is set, its printed result beside the lab's."""
    config = controls.draft().canonical()
    current = BY_KEY.get(config.key)
    place = expander("Start from a tutorial's own model", key="tutorials")
    if place is None:
        return
    with place:
        for preset in PRESETS.values():
            st.button(
                preset.title, key=f"preset_{preset.name}", on_click=_start_from, args=(preset.config,),
                type="secondary", width="stretch",
                disabled=not on_disk(preset.config.dataset) or controls.holds("kind") or controls.refusal(preset.config) != "",
            )  # fmt: skip
        missing = {INFO[name].title for preset in PRESETS.values() if not on_disk(name := preset.config.dataset)}
        if missing:
            st.caption(f"They are models of {', '.join(sorted(missing))}, which is not on this machine.")
        elif controls.holds("kind") or any(controls.refusal(preset.config) for preset in PRESETS.values()):
            st.caption("This lesson keeps settings that other models have otherwise.")
        if current is not None:
            st.caption(f"**{current.title}.** {current.source}. Printed: {current.published or 'no figure'}.")
            st.caption(_reached(current.config))


def _start_from(config: Config) -> None:
    controls.set_draft(config)
    st.rerun()  # of the whole page: every knob follows


def _reached(config: Config) -> str:
    """Return the lab's result with a tutorial's settings in words, from a run that is here or from the record."""
    run = None
    if (entry := shelf.known(config)) is not None:
        with suppress(caches.RunLost):
            run = shelf.run_of(entry)
    if run is not None:
        m, loss, took = run.metrics, run.history["held_out_loss"][-1], f"{run.seconds:.0f} s"
    elif (was := recorded().get(config.key)) is not None:
        m, loss, took = was["metrics"], was["loss"], f"{was['seconds']:.0f} s on {was['device']}"
    else:
        return "Here: train it and see."
    parts = [f"held-out squared error **{m['mse']:.4f}** (PCA {m['pca_mse']:.4f})"]
    if config.loss != "mse":
        parts.append(f"cross-entropy {loss:.4f}")
    if config.loss == "categorical":  # not trained for the squared error, but to be searched by
        parts.append(f"class by the nearest codes right in {m['knn_accuracy']:.1%} (PCA's {m['pca_knn_accuracy']:.1%})")
    if config.corruption != "none":
        parts.append(f"noisy {INFO[config.dataset].items} from {m['noisy_mse']:.4f} to {m['denoised_mse']:.4f}")
    return f"Here: {', '.join(parts)}, after {took}."


@st.fragment
def _settings(run: Run, variant: Variant, missing: bool, below: DeltaGenerator) -> None:
    """Show the knobs, and in a fragment of its own what follows from them: most knobs, moved, redraw no more than that.

    Args:
        run: the run on screen.
        variant: the kind whose knobs are shown.
        missing: whether the data set is not on disk, so that nothing can be trained.
        below: where the single training steps are drawn.
    """
    _see_to_train()
    # In one container, however many knobs and notes there are: Streamlit knows a fragment by its place, and one whose
    # place has changed may not write to ``below`` any more.
    with st.container():
        _knobs(variant)
    _what_follows(run, missing, below)


@st.fragment(key=controls.FOLLOWS)
def _what_follows(run: Run, missing: bool, below: DeltaGenerator) -> None:
    _see_to_train()
    config = controls.draft().canonical()
    _size_and_time(config)
    refusal = ""
    try:
        caches.manager().limits.check(config, caches.manager().pace)
    except RefusedJob as error:
        refusal = str(error)
        st.warning(as_written(refusal))
    _buttons(run, config, blocked=bool(refusal) or missing)
    _difference(run, config)
    link.publish(config, trained=1 if config.key == run.config.key else None)
    with below.container():
        step_through.show(config)


def _see_to_train() -> None:
    """Redraw the whole page when a run was asked for, as the picture has to change, too."""
    if visit().train.pressed:
        st.rerun()


def _knobs(variant: Variant) -> None:
    for name in variant.knobs:
        if name in controls.draft().used_fields():  # asked each time: a knob can bring another
            controls.knob(name)
    controls.knob("epochs")
    shown = {"kind", "dataset", "epochs", *variant.knobs, *variant.fixed}
    rest = [name for name in CONTROLS if name not in shown and not controls.hides(name)]
    if not set(rest) & set(controls.draft().used_fields()):
        return
    if more := expander("More settings", key="more_settings"):
        with more:
            for name in rest:
                if name in controls.draft().used_fields():
                    controls.knob(name)


def _size_and_time(config: Config) -> None:
    info = INFO[config.dataset]
    seconds = caches.manager().pace.seconds(config)
    st.html(
        f"<p class='cost'><b>{count_parameters(config, info.shape):,}</b> parameters · "
        f"<b>{info.pixels / config.code_size:.3g}×</b> compression ({info.size_in_words} to {config.code_size} numbers) · "
        f"about <b>{readable(seconds)}</b> of training</p>"
    )


def _buttons(run: Run, config: Config, blocked: bool) -> None:
    job = jobs.active_job()
    known = shelf.known(config) is not None
    just_trained = known and config.key == run.config.key and str(visit().chosen).startswith(("run:", "own:"))
    with st.container(key="train_buttons"):
        left, right = st.columns(2)
    left.button(
        "Train this instead" if job else "Replay" if just_trained else "Train",
        type="primary",
        on_click=_press,
        args=(config,),
        kwargs={"again": known},
        disabled=blocked or (job is not None and job.key == config.key),
        width="stretch",
        help="Train these settings again: the same seed gives the same numbers." if known else None,
    )
    if controls.hides("seed"):
        return
    right.button(
        "Train with a new seed",
        on_click=_press_with_new_seed,
        args=(config,),
        disabled=blocked or controls.holds("seed"),
        width="stretch",
        help="The same seed replays the same run; another one starts from other weights.",
    )


def _press(config: Config, again: bool = False) -> None:
    visit().job.error = jobs.start(config, again=again)
    visit().train.pressed = True


def _press_with_new_seed(config: Config) -> None:
    fresh = replace(config, seed=random.randrange(1_000_000))
    controls.set_draft(fresh)
    _press(fresh)


def _difference(run: Run, config: Config) -> None:
    """Say which settings differ from those of the run on screen, and offer the finished run that has them."""
    if jobs.active_job() is not None or config.key == run.config.key:
        return
    changed = run.config.describe_difference(config)
    st.warning(f"Your settings differ from this run's: {changed}.", icon=":material/tune:")
    known = shelf.known(config)
    if known is not None:
        st.button("Show the finished run with your settings", on_click=_show, args=(known,))


def _show(entry: shelf.Entry) -> None:
    shelf.choose(entry)
    visit().train.pressed = True
