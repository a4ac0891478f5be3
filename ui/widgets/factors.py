"""Which number of a code follows which factor of the images, where a data set says what its images were made with."""

from __future__ import annotations

import html

import streamlit as st
from torch import Tensor

from ae_core.data.datasets import INFO
from ae_core.evaluation.disentanglement import mutual_information
from ae_core.evaluation.metrics import SAMPLE, encode_all
from ae_core.runs.run import Run
from ui.visit import caches
from ui.widgets.expander import reading

MOST_NUMBERS = 16  # rows of the table: of longer codes those that tell most


def show(entry_id: str, run: Run) -> None:
    """Show how much each number of ``run``'s code tells about each known factor; nothing where none is known.

    Call it outside a fragment, as it has a text to open of its own.
    """
    info = INFO[run.config.dataset]
    if not info.factors:
        return
    shares = _shares(entry_id, run)
    st.subheader("Which number follows which factor")
    st.html(matrix_html(shares, [factor.name for factor in info.factors]))
    gap, linear = run.metrics.get("mig"), run.metrics.get("pca_mig")
    measured = (
        f" The mutual information gap of all held-out codes is **{gap:.3f}** (PCA {linear:.3f})."
        if gap is not None
        else ""
    )
    st.caption(
        f"How much a number of the code tells about a factor, over {min(SAMPLE, info.test_count):,} held-out images: 100 % "
        "where it alone says what the factor is, 0 % where it says nothing; some 3 % are chance."
        f"{measured}"
    )
    reading(
        "What the gap measures",
        "For each factor, how far the number that tells most about it is ahead of the one that tells second most, in shares "
        "of the factor's entropy, and the mean of that over the factors:\n\n"
        r"$$\text{MIG} = \frac1F \sum_{f} \frac{1}{H(v_f)} \Big( I(z_{j(f)}; v_f) - \max_{j \ne j(f)} I(z_j; v_f) \Big),"
        r"\qquad j(f) = \operatorname{argmax}_j I(z_j; v_f)$$"
        "\n\nIt is 1 when every factor has a number to itself and 0 when each is spread over several. Nobody told the "
        "autoencoder of the factors, and without some pressure it has no reason to keep them apart: a larger beta is meant to "
        "be that pressure (Higgins et al. 2017), and Compare sweeps it. *Chen, Li, Grosse & Duvenaud 2018, Isolating sources "
        "of disentanglement in variational autoencoders, eq. 6; twenty bins, as Locatello et al. 2019.*",
    )


@st.cache_data(show_spinner=False, max_entries=16)
def _shares(entry_id: str, _run: Run) -> Tensor:
    """How much each number of the code tells about each factor, (D, F) in [0, 1]."""
    held_out = caches.held_out_of(_run.config)
    assert held_out.factors is not None
    return mutual_information(encode_all(_run.model, held_out.images[:SAMPLE]), held_out.factors[:SAMPLE])


def matrix_html(shares: Tensor, factors: list[str]) -> str:
    """Draw a table of shares, a row a number of the code and a column a factor, darker where the number tells more.

    Args:
        shares: float (D, F) in [0, 1].
        factors: the F names of the columns.
    """
    chosen = shares.amax(1).argsort(descending=True)[:MOST_NUMBERS].sort().values
    leading = shares.argmax(0)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in factors)
    rows = []
    for number in chosen.tolist():
        cells = []
        for factor, share in enumerate(shares[number].tolist()):
            percent = f"{share:.0%}"
            first = number == int(leading[factor])
            cells.append(
                f'<td style="background: color-mix(in srgb, var(--ae) {75 * share:.0f}%, transparent)">'
                f"{f'<b>{percent}</b>' if first else percent}</td>"
            )
        rows.append(f"<tr><td>Number {number + 1}</td>{''.join(cells)}</tr>")
    return (
        f'<table class="figures"><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        '<p class="caption">Bold: the number that tells most about the factor.</p>'
    )
