"""Every page works on a run of a series, which is no image."""

from __future__ import annotations

import pytest
from apptest_helpers import assert_opens, link_of, visit

from ae_core.runs.zoo import ZOO
from ui.shell.navigation import PAGES

RUNS = {"denoise": "heartbeats-denoising", "generate": "heartbeats-vae-2", "latent_map": "heartbeats-code-2"}


@pytest.mark.parametrize("page", [page or "home" for page in PAGES])
def test_a_page_opens_with_a_run_of_heartbeats(page: str) -> None:
    config = ZOO[RUNS.get(page, "heartbeats-default")].config
    assert_opens(visit(page, **link_of(config)), page)
