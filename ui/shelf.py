"""The run shelf: which run is on screen, the other runs of this visit, and the shipped ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import streamlit as st

from ae_core import checkpoint, zoo
from ae_core.config import Config
from ae_core.datasets import INFO, default_dataset
from ae_core.errors import LabError
from ae_core.jobs.limits import RefusedJob
from ae_core.jobs.manager import Job, State
from ae_core.run import Run
from ae_core.variants import variant_of
from ui import resources

_MOST_IN_MEMORY = 4  # runs only this visit has: stopped or uploaded ones

# what each page opens on when the visitor has not chosen a run: a shipped one that suits it
PAGE_RUNS = {
    "": "code-32",
    "train": "default",
    "reconstruct": "code-32",
    "denoise": "denoising",
    "latent_map": "code-2",
    "generate": "vae-2",
}


@dataclass(frozen=True)
class Entry:
    """A run on the shelf: shipped ("zoo:name"), on the server's disk ("run:key") or only here ("mem:id")."""

    id: str
    title: str
    config: Config


def begin() -> None:
    """Set up a visit's shelf; a link's Config becomes the run on screen, or the one to be trained."""
    state = st.session_state
    state.setdefault("visitor", uuid.uuid4().hex)
    state.setdefault("visit", [])
    state.setdefault("memory", {})
    state.setdefault("chosen", None)
    state.setdefault("job", None)
    config = state.pop("link_config", None)
    state.link_config = None
    if config is not None:
        state.draft = config
        entry = known(config)
        if entry is not None:
            state.chosen = entry.id
            if entry.id.startswith("run:"):
                _add(entry)
        else:
            state.wanted = config


def known(config: Config) -> Entry | None:
    """The shipped or stored run of ``config``, if there is one."""
    shipped = zoo.BY_KEY.get(config.key)
    if shipped is not None and shipped.path.is_file():
        return Entry(f"zoo:{shipped.name}", shipped.title, shipped.config)
    if config.key in resources.manager().store:
        return Entry(f"run:{config.key}", title_of(config), config)
    return None


def title_of(config: Config) -> str:
    """A run in a few words."""
    return f"{INFO[config.dataset].title}: {variant_of(config).title.lower()}, code of {config.code_size}"


def entries() -> list[Entry]:
    """This visit's runs, latest first, then the shipped ones."""
    shipped = [Entry(f"zoo:{s.name}", s.title, s.config) for s in zoo.present()]
    return [*reversed(st.session_state.visit), *shipped]


def default_entry(page: str) -> Entry:
    """What ``page`` opens on. Raises LabError when no checkpoint is shipped at all."""
    suits = PAGE_RUNS.get(page, "code-32")
    here = {entry.name: entry for entry in zoo.present()}
    for dataset in (st.session_state.get("dataset") or default_dataset(), "digits", "mnist", "fashion"):
        entry = here.get(f"{dataset}-{suits}")
        if entry is not None:
            return Entry(f"zoo:{entry.name}", entry.title, entry.config)
    raise LabError(
        "The shipped runs are missing from the checkpoints folder. "
        "Restore it, or build them with python -m ae_core zoo --build."
    )


def current_entry(page: str) -> Entry:
    """The run on screen: the visitor's choice, else the page's own."""
    chosen = st.session_state.chosen
    for entry in entries():
        if entry.id == chosen:
            return entry
    return default_entry(page)


def run_of(entry: Entry) -> Run:
    """The entry's run. Raises LabError when its file has gone or is damaged."""
    kind, _, name = entry.id.partition(":")
    if kind == "zoo":
        return resources.shipped_run(name)
    run = st.session_state.memory.get(name) if kind == "mem" else resources.stored_run(name)
    if run is None:
        raise LabError(
            "This run is no longer kept on the server. Train it again; the same seed gives the same numbers."
        )
    return run


def choose(entry: Entry) -> None:
    """Put a run on screen."""
    st.session_state.chosen = entry.id


def choose_shipped(name: str) -> None:
    """Put a shipped run on screen, by its name."""
    st.session_state.chosen = f"zoo:{name}"


def keep(run: Run, job: Job | None = None) -> Entry:
    """Add a run to this visit's shelf and put it on screen. One that is not on disk is kept in memory."""
    stored = run.finished and resources.manager().store.path(run.config.key).is_file()
    if stored and job is not None:
        entry = Entry(f"run:{run.config.key}", title_of(run.config), run.config)
    else:
        name = uuid.uuid4().hex
        memory = st.session_state.memory
        memory[name] = run
        while len(memory) > _MOST_IN_MEMORY:
            oldest = next(iter(memory))
            del memory[oldest]
            st.session_state.visit = [e for e in st.session_state.visit if e.id != f"mem:{oldest}"]
        state = (
            "uploaded" if job is None else "not saved" if run.finished else f"stopped at {run.history['epoch'][-1]:.1f}"
        )
        entry = Entry(f"mem:{name}", f"{title_of(run.config)} ({state})", run.config)
    _add(entry)
    choose(entry)
    return entry


def _add(entry: Entry) -> None:
    others = [e for e in st.session_state.visit if e.id != entry.id]
    st.session_state.visit = [*others, entry][-20:]


# ---------------------------------------------------------------------------------------------- training


def start(config: Config, *, again: bool = False) -> str:
    """Train ``config``, or show it when it is known and not to be trained ``again``.

    Returns a sentence when that was refused, else "".
    """
    entry = None if again else known(config)
    if entry is not None:
        if entry.id.startswith("run:"):
            _add(entry)
        choose(entry)
        return ""
    job = active_job()
    if job is not None:  # pressing Train again replaces what this visitor has under way
        resources.manager().stop(job, st.session_state.visitor)
    try:
        st.session_state.job = resources.manager().submit(config, st.session_state.visitor, again=again)
    except RefusedJob as refusal:
        return str(refusal)
    return ""


def stop() -> None:
    """Stop this visitor's job; what it learned so far is kept."""
    job = active_job()
    if job is None:
        return
    shared = len(job.seen) > 1
    resources.manager().stop(job, st.session_state.visitor)
    if shared or job.state is State.STOPPED:
        st.session_state.job = None
        if shared:
            st.session_state.job_note = "You left a run that others are waiting for; it goes on without you."


def active_job() -> Job | None:
    """This visitor's job while it is queued or running (or stopping)."""
    job: Job | None = st.session_state.get("job")
    return job if job is not None and not job.state.ended else None


def collect() -> bool:
    """Take what an ended job left behind; True when the page should be drawn anew for it."""
    job: Job | None = st.session_state.get("job")
    if job is None:
        return False
    resources.manager().touch(job, st.session_state.visitor)
    if not job.state.ended:
        return False
    st.session_state.job = None
    if job.state is State.FAILED:
        st.session_state.job_error = job.message
        return True
    run = job.run or resources.stored_run(job.key)
    if run is not None:
        keep(run, job)
        st.session_state.just_finished = job.state is State.DONE
    if job.warning:
        st.session_state.job_note = job.warning
    return True


def show_messages() -> None:
    """What became of a job, when that needs saying; once."""
    if error := st.session_state.pop("job_error", ""):
        st.error(error, icon=":material/error:")
    if note := st.session_state.pop("job_note", ""):
        st.info(note)


# ---------------------------------------------------------------------------------------------- the sidebar


def sidebar(page: str) -> None:
    """The shelf itself."""
    with st.sidebar:
        shelf = entries()
        if not shelf:
            return
        titles = {entry.id: entry.title for entry in shelf}
        if st.session_state.chosen not in titles:
            st.session_state.chosen = None
        st.session_state.shelf = current_entry(page).id
        st.selectbox(
            "Run on screen" if page else "Run on the other pages",
            list(titles),
            format_func=titles.__getitem__,
            key="shelf",
            on_change=_picked,
            help="The runs of this visit come first, then the ones that come with the lab. Type to search.",
        )
        if page:
            _card(current_entry(page))
        _watch(page)


def _picked() -> None:
    st.session_state.chosen = st.session_state.shelf


def _card(entry: Entry) -> None:
    try:
        run = run_of(entry)
    except LabError:
        return
    st.caption(
        f"Held-out MSE **{run.metrics['mse']:.4f}** (PCA {run.metrics['pca_mse']:.4f})  \n"
        f"{run.parameters:,} parameters, trained {run.seconds:.1f} s on {run.device}"
    )
    st.download_button(
        "Download checkpoint",
        data=lambda: checkpoint.to_bytes(run),
        file_name=f"{run.config.dataset}-{variant_of(run.config).name}-{run.config.key}.safetensors",
        mime="application/octet-stream",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
        help="The whole run: weights, settings, history, metrics. Upload it here later to go on with it.",
    )
    with st.expander("Upload a checkpoint", icon=":material/upload:"):
        st.file_uploader(
            "Checkpoint file",
            type=["safetensors"],
            key="checkpoint_upload",
            on_change=_uploaded,
            help="A file that was downloaded here. It is checked, and nothing in it is ever executed.",
        )
        if message := st.session_state.get("upload_message"):
            st.error(message)


def _uploaded() -> None:
    file = st.session_state.checkpoint_upload
    st.session_state.upload_message = ""
    if file is None:
        return
    try:
        keep(checkpoint.from_bytes(file.getvalue()))
    except LabError as error:
        st.session_state.upload_message = str(error)


def _watch(page: str) -> None:
    """A word about training under way, on the pages that do not show it themselves."""
    if page == "train" or active_job() is None:
        return

    @st.fragment(run_every=1.0)
    def progress() -> None:
        job = active_job()
        if collect():
            st.rerun()
        if job is not None:
            if job.state is State.QUEUED:
                st.progress(0.0, f"Training: number {resources.manager().position(job)} in the queue")
            else:
                st.progress(job.share_done, f"Training, {job.share_done:.0%}")

    progress()
