"""Train: pick a kind, set it, watch it learn."""

import random
from dataclasses import fields, replace

import streamlit as st

from ae_core.config import Config
from ae_core.datasets import INFO, available, on_disk
from ae_core.jobs.limits import RefusedJob
from ae_core.jobs.manager import State
from ae_core.models import count_parameters
from ae_core.variants import VARIANTS
from ui import controls, download, link, resources, shelf, training_view

st.title("Train an autoencoder")
entry = shelf.current_entry("train")
run = shelf.run_of(entry)
if st.session_state.get("draft") is None:
    controls.set_draft(VARIANTS["dense"].config(run.config.dataset))
picture, panel = st.columns([5, 3], gap="large")

with panel:
    variant = VARIANTS[controls.pick_variant()]
    st.caption(variant.adds)
    here = available()
    controls.pick_dataset(here, [name for name in INFO if name not in here])
    missing = not on_disk(controls.draft().dataset)
    if missing:
        download.offer(controls.draft().dataset)
    for name in variant.knobs:
        if name in controls.draft().used_fields():  # asked each time: a knob can bring another
            controls.knob(name)
    controls.knob("epochs")
    with st.expander("More settings"):
        shown = {*variant.knobs, "epochs", "dataset", "architecture", "variational", "seed"}
        for name in (field.name for field in fields(Config)):
            if name in controls.draft().used_fields() and name not in shown and name not in variant.fixed:
                controls.knob(name)
        controls.knob("seed")

config = controls.draft().canonical()
with panel:
    info = INFO[config.dataset]
    pixels = info.shape[0] * info.shape[1] * info.shape[2]
    seconds = resources.manager().pace.seconds(config)
    st.markdown(
        f"**{count_parameters(config, info.shape):,}** parameters · **{pixels / config.code_size:.3g}×** compression "
        f"({pixels} pixels to {config.code_size} numbers) · about **{training_view.readable(seconds)}** of training"
    )
    refusal = ""
    try:
        resources.manager().limits.check(config, resources.manager().pace)
    except RefusedJob as error:
        refusal = str(error)
        st.warning(refusal)
    left, right = st.columns(2)
    job = shelf.active_job()

    def press(wanted=config, again: bool = False) -> None:
        st.session_state.job_error = shelf.start(wanted, again=again)

    def new_seed() -> None:
        fresh = replace(config, seed=random.randrange(1_000_000))
        controls.set_draft(fresh)
        press(fresh)

    finished_before = shelf.known(config) is not None
    label = "Train this instead" if job else "Train"
    same = job is not None and job.key == config.key
    left.button(
        label,
        type="primary",
        on_click=press,
        kwargs={"again": finished_before},
        disabled=bool(refusal) or missing or same,
        width="stretch",
        help="These settings were trained before: the same seed will give the same numbers."
        if finished_before
        else None,
    )
    right.button(
        "Train with a new seed",
        on_click=new_seed,
        disabled=bool(refusal) or missing,
        width="stretch",
        help="The same seed replays the same run; another one starts from other weights.",
    )
    with st.expander(f"What a {variant.title.lower()} autoencoder is"):
        st.markdown(variant.adds)
        st.latex(variant.formula)
        st.markdown(f"**Look for:** {variant.look_for}  \n*{variant.reference}*")

with picture:
    if st.session_state.pop("just_finished", False):
        st.toast(f"Finished: held-out MSE {run.metrics['mse']:.4f}", icon=":material/check:")

    @st.fragment(run_every=0.5 if shelf.active_job() else None)
    def live(had_job: bool) -> None:
        if shelf.collect() or (had_job and shelf.active_job() is None):  # ended, or left by its button
            st.rerun()
        job = shelf.active_job()
        if job is None:
            training_view.finished(run, entry.title)
        elif job.state is State.QUEUED:
            training_view.queued(job, resources.manager().position(job))
        else:
            training_view.running(job)

    live(shelf.active_job() is not None)
    if shelf.active_job() is None and config.key != run.config.key:
        changed = run.config.describe_difference(config)
        known = shelf.known(config)
        st.warning(f"Your settings differ from this run's: {changed}.", icon=":material/tune:")
        if known is not None:
            st.button("Show the finished run with your settings", on_click=shelf.choose, args=(known,))

on_screen = config.key == run.config.key
link.publish(config, trained=1 if on_screen else None)
