"""Which number of a code follows which factor of its images, for data sets whose factors are known."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import INFO, on_disk
from ae_core.evaluation.disentanglement import BINS, mutual_information, mutual_information_gap
from ae_core.evaluation.metrics import encode_all
from ae_core.runs.run import Run
from ui.figures.tables import caption_html
from ui.visit import caches
from ui.widgets.expander import reading

_ROWS = 12  # numbers of a code in the table at most

_ABOUT = rf"""
Each number of the code is put into one of {BINS} bins of equal width over the held-out images, and so is each factor. What
a number $z_j$ tells about a factor $v_k$ is their mutual information $I(z_j; v_k)$; the table has it as a share of the
factor's entropy $H(v_k)$: 1 where the number determines the factor, 0 where it says nothing of it. With few images even
independent ones share a little, some 0.03 for 2,000.

The **mutual information gap** asks whether a factor has a number to itself: how far the number that tells most about it,
$j^{{(k)}}$, is ahead of the next, as a mean over the $K$ factors.

$$\mathrm{{MIG}} = \frac1K \sum_{{k=1}}^K \frac{{1}}{{H(v_k)}} \Big( I(z_{{j^{{(k)}}}}; v_k) - \max_{{j \ne j^{{(k)}}}}
I(z_j; v_k) \Big)$$

A larger beta charges more for every number that a variational code uses, which is meant to leave one for each factor
(Higgins et al., ICLR 2017). Whether it does here, and at what cost in error, a sweep of beta on the Compare page shows.
Nobody told the network the factors, and nothing in it asks for one number a factor: PCA may well be ahead.

*Chen, Li, Grosse & Duvenaud, Isolating sources of disentanglement in variational autoencoders, NeurIPS 2018, eq. 6;
bins as in Locatello et al., Challenging common assumptions in the unsupervised learning of disentangled representations,
ICML 2019, appendix C.*
"""


def followed(entry_id: str, run: Run) -> None:
    """Show which number of a run's code follows which factor, and the measure in words; nothing for unknown factors."""
    info = INFO[run.config.dataset]
    if not info.factors:
        return
    st.subheader("Which number follows which factor")
    if not on_disk(info.name):
        st.caption(f"The images of {info.title} are not on this machine, and it takes them to say.")
        return
    shares = _shares(entry_id, run)
    st.html(matrix_html(shares, [factor.name for factor in info.factors]) + caption_html(in_words(run, shares)))
    reading("How it is measured: the mutual information gap", _ABOUT)


@st.cache_data(show_spinner=False, max_entries=32)
def _shares(entry_id: str, _run: Run) -> Tensor:
    held_out = caches.held_out_of(_run.config)
    assert held_out.factors is not None
    return mutual_information(encode_all(_run.model, held_out.images), held_out.factors)


def matrix_html(shares: Tensor, names: Sequence[str]) -> str:
    """Draw shares of information as a table.

    Args:
        shares: (D, F), see :func:`ae_core.evaluation.disentanglement.mutual_information`.
        names: of the F factors.

    Returns:
        A row for each number of the code, of long codes those that tell most; the more a cell's number tells, the more
        it is filled, and the number that tells most about a factor is bold.
    """
    best = shares.argmax(dim=0).tolist()
    shown = sorted(shares.amax(dim=1).topk(min(_ROWS, len(shares))).indices.tolist())
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = ""
    for number in shown:
        cells = ""
        for factor, share in enumerate(shares[number].tolist()):
            mark = "b" if best[factor] == number else "span"
            filled = f"background: color-mix(in srgb, var(--ae) {share * 0.7:.0%}, transparent)"
            cells += f'<td style="{filled}"><{mark}>{share:.2f}</{mark}></td>'
        body += f"<tr><td>Number {number + 1}</td>{cells}</tr>"
    return f'<table class="figures"><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>'


def in_words(run: Run, shares: Tensor) -> str:
    """Say what the table shows and how far it is from one number a factor."""
    names = [factor.name for factor in INFO[run.config.dataset].factors]
    gaps = _gaps(shares)
    clearest = int(gaps.argmax())
    left_out = f" The {_ROWS} of {len(shares)} numbers that tell most are shown." if len(shares) > _ROWS else ""
    return (
        f"The share of what there is to know about a factor that a number of the code tells, over held-out images.{left_out} "
        f"Mutual information gap (MIG): {mutual_information_gap(shares):.2f}, PCA's of the same size "
        f"{run.metrics['pca_mig']:.2f}. It is 1 where each factor has a number to itself, and 0 where the two best numbers "
        f"know as much of it. Most nearly alone: {names[clearest]}, by number {int(shares[:, clearest].argmax()) + 1}, "
        f"{float(gaps[clearest]):.2f} ahead of the next."
    )


def _gaps(shares: Tensor) -> Tensor:
    """How far the best number is ahead of the next for each factor, (F,)."""
    return torch.tensor([mutual_information_gap(column[:, None]) for column in shares.T])
