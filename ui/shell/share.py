"""The dialog to share and take home: the link to what is on screen, its QR code, and the run as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from ae_core.config.link_seal import sealed
from ae_core.config.variants import variant_of
from ae_core.data import own
from ae_core.data.datasets import absence, on_disk
from ae_core.data.own_patches import PatchPicture
from ae_core.errors import LabError
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.text import as_written
from ui.components.copying import let_copy
from ui.shell.navigation import PAGES
from ui.visit import caches, link, shelf
from ui.visit.state import visit

_ONLY_HERE = {"localhost", "127.0.0.1", "::1"}


class Download(NamedTuple):
    """A file to take home. ``make`` runs in a thread of its own when it is asked for; None where it cannot be made."""

    label: str
    ending: str  # of the file's name, the dot included
    mime: str
    help: str
    make: Callable[[], str | bytes] | None


def button(page: str) -> None:
    """Show the button that opens the dialog, for what ``page`` shows."""
    if st.button("Share and take home", icon=":material/ios_share:", width="stretch", key="share"):
        _dialog(page)


@st.dialog("Share and take home", width="medium", icon=":material/ios_share:")
def _dialog(page: str) -> None:
    entry = _entry(page)
    _link(entry, PAGES[page].shows_run)
    if entry is None:
        return
    try:
        run = shelf.run_of(entry)
    except LabError as error:
        st.error(as_written(error))
        return
    st.markdown(f"##### Take home: {entry.title}")
    name = f"{run.config.dataset}-{variant_of(run.config).name}-{run.config.key}"
    columns = [column for _ in range(4) for column in st.columns(2)]  # a row for each pair, on a phone too
    for column, download in zip(columns, downloads(run), strict=True):
        column.download_button(
            download.label,
            data=download.make or b"",
            file_name=name + download.ending,
            mime=download.mime,
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
            help=download.help,
            disabled=download.make is None,
            key=f"take_{download.ending}",
        )
    _source(run.config.dataset)


def _source(dataset: str) -> None:
    """Offer what a data set is made of, which script and notebook read, where that is the visitor's own."""
    if not own.is_own(dataset):
        return
    source = own.held().get(dataset)
    if source is None:
        st.caption(as_written(absence(dataset)))
        return
    st.download_button(
        "The picture (PNG)" if isinstance(source, PatchPicture) else "The table (safetensors)",
        data=source.as_file,
        file_name=own.file_name(dataset),
        mime="image/png" if isinstance(source, PatchPicture) else "application/octet-stream",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
        help="As the data set is made of it. Script and notebook read it from the folder they run in; nothing else carries it.",
        key="take_picture",
    )


def _entry(page: str) -> shelf.Entry | None:
    """Return the run that the page shows, if any; Home's is the one in the address, whatever is chosen on the shelf."""
    if not page:
        return shelf.known(link.shown())
    return shelf.current_entry(page) if PAGES[page].shows_run else None


def _link(entry: shelf.Entry | None, shows_run: bool) -> None:
    address = link_to(st.context.url or "", visit().link.address)
    picture, words = st.columns(2, vertical_alignment="center")
    picture.html(qr_html(address))
    with words:
        copyable(address)
        st.caption(
            "It opens this page with this run and this view. A run that the server lacks is trained from its seed."
            if shows_run
            else "It opens this page with this view."
        )
        if own.is_own(link.shown().dataset):
            st.caption(
                "This run learns from a picture or a table of yours, which is in no link: whoever opens it is asked for the same "
                "file, and trains the same run of it."
            )
        say_what_stays_here()
        if entry is not None and entry.id.startswith("mem:"):
            st.caption(
                "A run that was stopped or uploaded is not in a link: pass on its checkpoint, which can be uploaded."
            )
        say_if_only_here(address)


def copyable(link: str, height: int | Literal["content"] = "content") -> None:
    """Show a link with a button that copies it, also where the page came by plain http.

    Args:
        link: to be copied.
        height: in pixels, of what scrolls if it is longer.
    """
    st.code(link, language=None, wrap_lines=True, height=height)
    let_copy()


def say_what_stays_here() -> None:
    """Show a caption when the visitor has pictures or drawings of their own, which no link carries."""
    if visit().own or visit().has_own_photo:
        st.caption("Your own pictures and drawings stay with this visit: they are in no link.")


def say_if_only_here(link: str) -> None:
    """Show a caption when ``link`` leads nowhere on another computer."""
    if urlsplit(link).hostname in _ONLY_HERE:
        st.caption(
            "This address works on this computer only. For others, open the lab by this computer's network name."
        )


def link_to(url: str, query: dict[str, str]) -> str:
    """Return the address of a page with what it shows: ``url`` is the page's own."""
    return f"{url}?{urlencode(sealed(query))}" if query else url


def qr_html(link: str) -> str:
    """Return ``link`` as a QR code, black on white in both themes; a sentence where it is too long for one."""
    try:
        code = segno.make(link, error="l", micro=False)  # nothing wears off on a screen: rather larger squares
    except segno.DataOverflowError:
        return "<p>This link is too long for a QR code.</p>"
    return (
        f'<img src="{code.png_data_uri(scale=12, border=4)}" alt="QR code of the link" '
        'style="display: block; width: 100%; max-width: 24rem; margin: 0 auto; border-radius: .4rem">'
    )


def downloads(run: Run) -> list[Download]:
    """Return all the files that can be taken home of ``run``, two by two."""
    # a run takes seconds to be made and its files a moment: each is made when it is asked for, and imports what it needs
    from ae_core.export import figures, notebook, numbers, onnx, script

    device, measured = script.device_of(run), script.result_of(run)
    make_images = None
    if on_disk(run.config.dataset):
        held_out = caches.held_out_of(run.config)
        make_images = lambda: figures.images_png(run, held_out)  # noqa: E731
    return [
        Download(
            "Python script",
            ".py",
            "text/x-python",
            "Trains this run again in plain PyTorch, without the lab: settings, data, model, training, evaluation.",
            lambda: script.script(run.config, device, measured),
        ),
        Download(
            "Jupyter notebook",
            ".ipynb",
            "application/x-ipynb+json",
            "The script as a notebook, a cell for each part.",
            lambda: notebook.notebook(run.config, device, measured),
        ),
        Download(
            "Checkpoint",
            ".safetensors",
            "application/octet-stream",
            "The whole run: weights, settings, history, metrics. Upload it here later to go on with it.",
            lambda: checkpoint.to_bytes(run),
        ),
        Download(
            "Decoder (ONNX)",
            "-decoder.onnx",
            "application/octet-stream",
            'From "code" (N, D) to "image" (N, C, H, W) in [0, 1], for any ONNX runtime, also in a browser.',
            lambda: onnx.decoder_onnx(run.model),
        ),
        Download(
            "Images (PNG)",
            "-images.png",
            "image/png",
            "Twelve held-out images and what comes back of them, beside PCA's, in crisp pixels.",
            make_images,
        ),
        Download(
            "Loss curve (PNG)",
            "-loss.png",
            "image/png",
            "Training and held-out loss over the epochs, black on white.",
            lambda: figures.curve_png(run),
        ),
        Download(
            "Numbers (CSV)",
            "-numbers.csv",
            "text/csv",
            "Settings and held-out metrics, a row each: kind, name, value, meaning.",
            lambda: numbers.numbers_csv(run),
        ),
        Download(
            "Curves (CSV)",
            "-curves.csv",
            "text/csv",
            "The loss and its parts, a row an evaluation: epoch, then train_… and held_out_… columns.",
            lambda: numbers.history_csv(run),
        ),
    ]
