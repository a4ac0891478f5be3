"""Documents as word counts: known sentences, the split, the vocabulary, and the newsgroups without a network."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import _twenty_newsgroups
from sklearn.feature_extraction.text import CountVectorizer

from ae_core.data.datasets import INFO, DatasetDamaged, DatasetMissing, load, on_disk
from ae_core.data.download import DownloadFailed, download
from ae_core.data.words import documentation, newsgroups
from ae_core.data.words.counting import commonest, counts_of, scaled, strongest, vectors_of
from ae_core.export.recipe import imports_of


def test_words_of_known_sentences_are_counted() -> None:
    counts = counts_of(["Cats, cats and n_samples!", "a DOG of 3 cats"], ["cats", "dog", "samples"])
    np.testing.assert_array_equal(counts, [[2, 0, 1], [1, 1, 0]])


def test_counts_are_those_of_scikit_learn() -> None:
    texts = [*(each.text for each in documentation.documents("test")[:50]), "", "Größe 3 x_y ZZ", "a b"]
    vectoriser = CountVectorizer(token_pattern=r"[a-z]{2,}")
    theirs = vectoriser.fit_transform(texts).toarray()
    np.testing.assert_array_equal(counts_of(texts, list(vectoriser.get_feature_names_out())), theirs)


def test_the_commonest_words_leave_out_stop_words() -> None:
    assert commonest(["the cat and the dog", "the cat", "the dog and cat", "the bird"], 2) == ["cat", "dog"]


def test_a_documents_commonest_word_is_255_and_others_follow_the_logarithm() -> None:
    np.testing.assert_array_equal(scaled(np.array([[3, 1, 0], [0, 0, 0]])), [[255, 128, 0], [0, 0, 0]])


def test_strongest_words_come_in_order_and_absent_ones_not_at_all() -> None:
    item = vectors_of(["sum sum sum array"], ["array", "mean", "sum"])
    assert item.shape == (1, 1, 1, 3)
    assert strongest(item[0], ["array", "mean", "sum"]) == ["sum", "array"]


def test_docstrings_are_found_by_reading_alone() -> None:
    source = (
        'raise SystemExit\ndef f(a="x: y",\n      b=1):\n    r"""Say \\alpha."""\n    return """no"""\n'
        'def _private():\n    """Hidden."""\nclass C:\n    """A class."""\ndef g():\n    x = """no docstring"""\n'
    )
    assert list(documentation.docstrings(source)) == [("f", "Say \\alpha."), ("C", "A class.")]


def test_the_split_depends_on_titles_alone() -> None:
    assert documentation.is_held_out("networkx.algorithms.richclub.rich_club_coefficient") is False
    held_out = {each.title for each in documentation.documents("test")}
    train = documentation.documents("train")
    assert not held_out & {each.title for each in train}
    assert not {each.text for each in documentation.documents("test")} & {each.text for each in train}
    assert all(documentation.is_held_out(title) for title in held_out)


def test_the_vocabulary_is_of_training_documents_alone() -> None:
    shipped = documentation.vocabulary()
    assert len(shipped) == len(set(shipped)) == 2000
    counts = counts_of([each.text for each in documentation.documents("train")], shipped)
    # Versions of packages differ a little; of the pinned ones the words are exactly the commonest.
    assert (counts.sum(0) > 0).mean() > 0.99
    again = commonest([each.text for each in documentation.documents("train")])
    assert len(set(again) & set(shipped)) > 1900


def test_documentation_is_read_as_its_entry_says_and_always_the_same() -> None:
    info = INFO["documentation"]
    one, again = load("documentation", "test"), load("documentation", "test")
    assert one.images.shape == (info.test_count, *info.shape)
    assert one.images.dtype == torch.uint8
    assert torch.equal(one.images, again.images)
    first = documentation.documents("test")[0]
    assert info.class_names[int(one.labels[0])] == first.library
    assert first.module.startswith(first.library)


@pytest.mark.parametrize("labelled", [True, False])
def test_the_script_makes_the_same_items_without_the_lab(tmp_path: Path, labelled: bool) -> None:
    info = INFO["documentation"]
    code = info.script(info, labelled) + "\ntorch.save((held_out, len(train)), 'made.pt')\n"
    if labelled:
        code += "torch.save(held_out_labels, 'labels.pt')\n"
    (tmp_path / "script.py").write_text(f"{imports_of(code)}\n\n{code}")
    subprocess.run([sys.executable, "-P", "script.py"], cwd=tmp_path, check=True, timeout=60)
    made, count = torch.load(tmp_path / "made.pt")
    held_out = load("documentation", "test")
    assert torch.equal(made, held_out.images)
    assert count == info.train_count
    if labelled:
        assert torch.equal(torch.load(tmp_path / "labels.pt"), held_out.labels)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """An archive of four messages, which scikit-learn takes for the one that it would fetch; nothing is fetched."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    newsgroups.vocabulary.cache_clear()
    said = {
        "train/sci.space/1": "Subject: up\n\nspace shuttle",
        "train/rec.sport.hockey/2": "Subject: ice\n\nhockey puck hockey",
        "test/rec.sport.hockey/3": "Subject: none\n\nunheard hockey",
        "test/sci.space/4": "Subject: none\n\nmoon",
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in said.items():
            about = tarfile.TarInfo(f"20news-bydate-{name}")
            about.size = len(text)
            tar.addfile(about, io.BytesIO(text.encode()))
    right = hashlib.sha256(packed.getvalue()).hexdigest()
    monkeypatch.setattr(newsgroups, "SUM", right)
    monkeypatch.setattr(
        _twenty_newsgroups, "ARCHIVE", _twenty_newsgroups.ARCHIVE._replace(checksum=right, url="file:///none")
    )
    return packed.getvalue()


def test_the_archive_is_the_one_that_scikit_learn_asks_for() -> None:
    assert _twenty_newsgroups.ARCHIVE.url == newsgroups.ADDRESS
    assert _twenty_newsgroups.ARCHIVE.checksum == newsgroups.SUM


def test_newsgroups_that_are_not_here_say_so(archive: bytes) -> None:
    assert not on_disk("newsgroups")
    with pytest.raises(DatasetMissing, match="20 Newsgroups are not on this machine"):
        load("newsgroups", "train")


def test_newsgroups_without_a_server_end_in_the_sentence_of_every_data_set(
    archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = INFO["newsgroups"]
    assert info.file is not None
    nobody = replace(info.file, address="http://127.0.0.1:9/archive")
    monkeypatch.setitem(INFO, "newsgroups", replace(info, file=nobody))
    with pytest.raises(
        DownloadFailed,
        match=r"20 Newsgroups could not be downloaded: 127\.0\.0\.1 could not be reached .* choose the digits",
    ):
        download("newsgroups")


def test_newsgroups_are_made_of_the_archive_and_read(archive: bytes) -> None:
    file = INFO["newsgroups"].file
    assert file is not None
    file.here.parent.mkdir()
    file.here.write_bytes(file.make(archive))
    assert on_disk("newsgroups")
    assert newsgroups.vocabulary() == (
        "hockey",
        "puck",
        "shuttle",
        "space",
    )  # "unheard" is held out, "subject" a header
    items = load("newsgroups", "test")
    order = items.labels.argsort()  # the loader shuffles
    assert items.labels[order].tolist() == [0, 1]
    np.testing.assert_array_equal(items.images[order, 0, 0], [[255, 0, 0, 0], [0, 0, 0, 0]])


def test_another_archive_is_refused(archive: bytes) -> None:
    with pytest.raises(ValueError, match="its checksum is wrong"):
        newsgroups.made_of(archive + b" ")


def test_damaged_newsgroups_say_so(archive: bytes) -> None:
    file = INFO["newsgroups"].file
    assert file is not None
    file.here.parent.mkdir()
    file.here.write_bytes(b"no messages")
    with pytest.raises(DatasetDamaged, match="Download it again"):
        load("newsgroups", "train")
