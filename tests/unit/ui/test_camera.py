"""Where a browser gives a page the camera."""

from __future__ import annotations

import pytest

from ui.widgets.camera import camera_is_given


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://lab.example.org/photos", True),
        ("http://lab.example.org/photos", False),
        ("http://192.168.1.20:8501/", False),
        ("http://[fe80::1]:8501/", False),
        ("http://localhost:8501/", True),
        ("http://lab.localhost/", True),
        ("http://127.0.0.1:8501/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:8501/", True),
        ("http://localhost.example.org/", False),
        ("", True),  # unknown: the browser then says so itself
    ],
)
def test_the_camera_is_given_to_encrypted_pages_and_to_this_computers(url: str, given: bool) -> None:
    assert camera_is_given(url) is given
