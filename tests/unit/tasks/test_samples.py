"""The sample photographs are in the installed libraries, open, and say whose they are."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import files

import pytest

from ae_core.data.upload import open_photo
from ae_core.tasks.restoration.samples import SAMPLES, SampleMissing


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_comes_with_its_library_and_opens(name: str) -> None:
    sample = SAMPLES[name]
    packed = files({"skimage": "scikit-image", "sklearn": "scikit-learn"}[sample.package]) or []
    assert f"{sample.package}/{sample.file}" in {str(path) for path in packed}  # and was not fetched later
    pixels = open_photo(sample.read()).pixels
    assert 100_000 < pixels.shape[0] * pixels.shape[1] <= 1_000_000
    assert pixels.std() > 20  # of 255: something is seen on it


def test_there_are_eight_of_which_some_are_grey_and_each_has_a_source() -> None:
    assert len(SAMPLES) == 8
    grey = [name for name, sample in SAMPLES.items() if open_photo(sample.read()).pixels.shape[2] == 1]
    assert grey == ["camera", "gravel"]
    for sample in SAMPLES.values():
        assert sample.licence in ("public domain", "CC0", "CC BY 2.0")
        assert sample.source.startswith("https://")
        assert sample.title
        assert sample.credit


def test_finding_them_imports_neither_library() -> None:
    program = """
import sys
from ae_core.tasks.restoration.samples import SAMPLES
assert all(sample.path().is_file() for sample in SAMPLES.values())
print([name for name in ("skimage", "sklearn") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("changed", [{"package": "no_such_library"}, {"file": "data/no_such_file.png"}])
def test_a_sample_that_is_missing_is_said_to_be(changed: dict[str, str]) -> None:
    with pytest.raises(SampleMissing, match=r"install it again\.$"):
        replace(SAMPLES["cat"], **changed).read()
