"""What the page Documents asks workers for: scikit-learn's neighbours, a code that is known, sentences about figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.neighbors import NearestNeighbors
from tiny_text import tiny_text_run
from torch import Tensor

from ae_core.cli import main
from ae_core.config.schema import Config
from ae_core.data.words import documentation
from ae_core.data.words.collections import beginning
from ae_core.data.words.counting import strongest
from ae_core.errors import LabError
from ae_core.evaluation.metrics import encode_all
from ae_core.runs import checkpoint, zoo
from ae_core.runs.fit import images_of
from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.documents import opening
from ae_core.tasks.documents.planes import code_places, lsa_places
from ae_core.tasks.documents.retrieval import COUNT
from ae_core.tasks.documents.sentence import NoKnownWord, item_of, known_words
from ae_core.tasks.documents.spaces import BITS, SPACES, nearest, spaces_of
from ae_core.tasks.documents.study import (
    NoSuchNumber,
    _space,
    asked,
    asked_code,
    listed,
    mapped,
    measure,
    measured,
    near_code,
    near_sentence,
    places,
    topics_of,
    turned_words,
)
from ae_core.tasks.documents.titles import NO_WORD, in_words, strongest_words, titles_of
from ae_core.tasks.documents.topics import HALF, MOST, grid_of, turned, turned_code
from ae_core.tasks.documents.verdict import difference, verdict
from ae_core.tasks.study import file_of
from ui.components.shared import MOST_BYTES
from ui.components.topic_slider import topic_slider_data


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    yield tiny_text_run()
    _forget()


def _forget() -> None:
    from ae_core.tasks.documents import study

    study._space_of_run.cache_clear()
    study._space_of_words.cache_clear()


@pytest.fixture(scope="module")
def file(run: Run) -> bytes:
    return file_of(run)


def test_the_nearest_by_all_words_and_by_code_are_scikit_learn_s(run: Run, file: bytes) -> None:
    train, held_out = images_of("documentation")
    counts = [one.images.flatten(1).double().numpy() for one in (train, held_out)]
    weights = TfidfTransformer().fit(counts[0])
    codes = [encode_all(run.model, one.images) for one in (train, held_out)]
    for space, (kept, wanted) in {"tfidf": [weights.transform(one) for one in counts], "codes": codes}.items():
        answer = measure(file, space, 40)
        oracle = NearestNeighbors(n_neighbors=COUNT, metric="cosine", algorithm="brute").fit(kept)
        apart, found = oracle.kneighbors(wanted[:40])
        np.testing.assert_allclose(answer["cosines"], 1 - apart, atol=2e-3)
        right = train.labels[found] == held_out.labels[:40, None]
        assert answer["precision"] == pytest.approx(float(right.float().mean()), abs=0.01)  # of equally near ones any
        assert answer["right"].mean() / COUNT == pytest.approx(answer["precision"], abs=1e-6)
        assert (answer["documents"], len(answer["found"])) == (4800, 40)


def test_bits_say_which_numbers_are_above_the_training_median(run: Run, file: bytes) -> None:
    train = encode_all(run.model, images_of("documentation")[0].images)
    _, kept = _space(file, BITS)
    bits = train > train.median(0).values
    np.testing.assert_array_equal(kept > 0, bits)
    assert abs(float(bits.float().mean()) - 0.5) < 0.01
    found, cosines = nearest(kept, kept[:1], 5)
    differing = (bits[found[0]] != bits[0]).sum(1)
    torch.testing.assert_close(cosines[0], 1 - 2 * differing / 8, atol=1e-5, rtol=0)
    assert list(spaces_of(8)) == [*SPACES, BITS]
    assert list(spaces_of(2)) == list(SPACES)


def test_the_curve_ends_at_all_documents_and_begins_at_the_nearest(file: bytes) -> None:
    recall, found = measure(file, "tfidf", 100)["curve"]
    assert recall[-1] == pytest.approx(1)
    assert (np.diff(recall) >= 0).all()
    assert found[0] > 0.7 > found[-1]


def test_the_map_by_lsa_is_scikit_learn_s() -> None:
    train, held_out = images_of("documentation")
    counts = [one.images.flatten(1).double().numpy() for one in (train, held_out)]
    weights = TfidfTransformer().fit(counts[0])
    directions = TruncatedSVD(2, random_state=0).fit(weights.transform(counts[0]))
    theirs = directions.transform(weights.transform(counts[1][:20]))
    np.testing.assert_allclose(lsa_places(train.images, held_out.images[:20]), theirs, atol=1e-5)


class _Planted:
    """A code of as many numbers as words, of which a decoder raises one word each."""

    def __init__(self, size: int) -> None:
        self.code_size = size

    def encode(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, : self.code_size]

    def decode(self, codes: Tensor) -> Tensor:
        words = torch.zeros(len(codes), 5)
        words[:, 0] = 0.5 * codes[:, 0]
        words[:, 1] = 0.5 - 0.5 * codes[:, 0]
        if self.code_size > 1:
            words[:, 3] = 0.1 * codes[:, 1]
        return words[:, None, None]


def _items(rows: int = 201) -> Tensor:
    rows_of = torch.linspace(0, 255, rows).round()
    return torch.stack([rows_of, rows_of.flip(0), *[torch.zeros(rows)] * 3], 1)[:, None, None].to(torch.uint8)


def test_what_a_number_raises_and_lowers_is_found_with_the_mean_in_the_middle() -> None:
    first, second = turned(_Planted(2), _items())
    assert (first.number, second.number) == (0, 1)  # the one that changes more comes first
    assert first.words.tolist() == [0, 1]
    assert second.words.tolist() == [3]
    assert first.values[HALF] == pytest.approx(0.5, abs=0.01)
    assert [first.values[0], first.values[-1]] == pytest.approx([0.01, 0.99], abs=0.01)
    np.testing.assert_allclose(first.weights[:, 0], 0.5 * first.values, atol=1e-6)
    assert first.weights[-1].tolist() == pytest.approx([0.495, 0.005], abs=0.01)


def test_a_turned_code_is_the_grid_s() -> None:
    codec, items = _Planted(2), _items()
    grid = grid_of(encode_all(codec, items))
    for turn, place in ((-1.0, 0), (0.0, HALF), (1.0, -1), (0.5, HALF + HALF // 2)):
        assert turned_code(codec, items, 1, turn)[0, 1] == pytest.approx(float(grid[1, place]))
    assert turned_code(codec, items, 1, 1.0)[0, 0] == pytest.approx(0.5, abs=0.01)


def test_a_number_that_never_changes_raises_nothing() -> None:
    (only,) = turned(_Planted(1), torch.full((20, 1, 1, 5), 100, dtype=torch.uint8))
    assert only.words.size == 0
    assert len(set(only.values.tolist())) == 1


@pytest.mark.parametrize("size", [1, 2, 3])
def test_codes_of_every_size_lie_on_a_plane(size: int) -> None:
    codec, items = _Planted(size), _items()
    found = code_places(codec, items)
    codes = encode_all(codec, items)
    assert found.shape == (201, 2)
    if size < 3:
        torch.testing.assert_close(found[:, :size], codes)
    else:
        assert float(found[:, 0].var()) == pytest.approx(float(np.linalg.eigvalsh(torch.cov(codes.T))[-1]), rel=1e-4)


def test_titles_words_and_classes_are_those_of_the_data_set(file: bytes) -> None:
    answer = listed(file)
    document = documentation.documents("test")[3]
    assert answer["held_out"]["titles"][3] == document.title
    assert documentation.LIBRARIES[answer["held_out"]["labels"][3]] == document.library
    item = images_of("documentation")[1].images[3].numpy()
    said = in_words(answer["held_out"]["words"][3].tolist(), answer["vocabulary"])
    assert said.split(", ") == strongest(item, documentation.vocabulary())
    assert len(answer["train"]["titles"]) == len(answer["train"]["labels"]) == 4800


def test_titles_of_some_classes_are_those_of_their_documents() -> None:
    titles = titles_of(Config(dataset="documentation", classes=(3, 5)), "test")
    assert {title.partition(".")[0] for title in titles} == {"skimage", "networkx"}


def test_a_document_of_two_words_names_two() -> None:
    words = strongest_words(torch.tensor([[0, 3, 0, 9, 0, 0]], dtype=torch.uint8)[:, None, None])
    assert words.tolist() == [[3, 1, NO_WORD, NO_WORD, NO_WORD]]
    assert in_words(words[0].tolist(), list("abcdef")) == "d, b"


def test_a_message_is_called_as_it_begins() -> None:
    assert beginning("> Hello\n\nthere") == "Hello there"
    long = beginning("word " * 40)
    assert long.endswith("word …")
    assert len(long) <= 62


def test_known_words_are_those_that_scikit_learn_counts() -> None:
    vocabulary = documentation.vocabulary()
    sentence = "The Mean of an n_samples ARRAY, <b>array</b>; x 12 Überraschung qqq"
    item = item_of(sentence, vocabulary).flatten()
    assert set(known_words(sentence, vocabulary)) == {vocabulary[i] for i in item.nonzero().flatten().tolist()}
    assert known_words(sentence, vocabulary)[:3] == ["mean", "samples", "array"]
    assert known_words("qqq 12", vocabulary) == []


def test_a_sentence_finds_what_it_says(file: bytes) -> None:
    answer = near_sentence(file, "tfidf", "shortest path between the nodes of a graph")
    assert [documentation.LIBRARIES[number] for number in answer["classes"]].count("networkx") >= 7
    assert answer["cosines"] == sorted(answer["cosines"], reverse=True)
    assert "graph" in answer["words"][0]
    with pytest.raises(NoKnownWord):
        near_sentence(file, "codes", "qqq")


@pytest.mark.parametrize("space", SPACES)
def test_a_code_finds_its_own_surroundings(space: str, file: bytes, run: Run) -> None:
    answer = near_code(file, space, 2, 1.0)
    assert len(answer["titles"]) == COUNT
    train = images_of("documentation")[0].images
    code = turned_code(run.model, train, 2, 1.0)
    cosines = torch.cosine_similarity(encode_all(run.model, train), code)
    if space == "codes":
        assert answer["cosines"][0] == pytest.approx(float(cosines.max()), abs=1e-4)
    with pytest.raises(NoSuchNumber):
        near_code(file, space, 8, 0.0)


def test_studies_of_different_questions_have_different_keys(run: Run) -> None:
    keys = {
        topics_of(run, "a").key,
        mapped(run, "a").key,
        measured(run, "a").key,
        measured(run, "b").key,
        asked(run, "a", "x").key,
        asked(run, "a", "y").key,
        asked_code(run, "a", 0, 1.0).key,
        asked_code(run, "a", 0, 0.5).key,
    }
    assert len(keys) == 8


def test_answers_can_be_shipped(file: bytes, tmp_path: Path) -> None:
    answers: dict[str, Any] = {"topics": turned_words(file), "documents": listed(file), "codes": places(file, "codes")}
    path = tmp_path / "a.safetensors"
    path.write_bytes(study_file.to_bytes(answers))
    read = study_file.read(path)
    np.testing.assert_array_equal(read["topics"]["weights"][3], answers["topics"]["weights"][3])
    assert read["documents"]["train"]["titles"] == answers["documents"]["train"]["titles"]


def figures_of(codes: list[int], lsa: list[int], tfidf: list[int]) -> dict[str, dict[str, Any]]:
    figures = {"codes": codes, "lsa": lsa, "tfidf": tfidf, BITS: [5] * len(codes)}
    return {
        space: {"right": np.array(right, np.uint8), "precision": sum(right) / len(right) / COUNT}
        for space, right in figures.items()
    }


def test_the_error_of_a_difference_is_that_of_pairs() -> None:
    figures = figures_of([9, 5, 7, 3], [8, 4, 6, 2], [0, 0, 0, 0])
    assert list(difference(figures["codes"], figures["lsa"])) == pytest.approx([0.1, 0], abs=1e-9)


def test_the_page_says_who_wins_and_when_nobody_does() -> None:
    wins = verdict(figures_of([9, 8, 9, 9], [5, 6, 5, 5], [7, 6, 7, 7]), 32)
    assert (
        "The code of 32 finds the most: a precision at 10 of 0.875, before counting all words (TF-IDF) (0.675)" in wins
    )
    assert "beats LSA" in wins
    assert "32 bits the code still finds 0.500, in 4 bytes a document for 128" in wins
    assert "loses to LSA of as many numbers" in verdict(figures_of([5, 6, 5, 5], [9, 8, 9, 9], [7, 6, 7, 7]), 32)
    close = verdict(figures_of([5, 9, 5, 9], [9, 5, 9, 6], [1, 1, 1, 1]), 32)
    assert "LSA of 32 and the code of 32 find about as much" in close
    assert "no winner can be told" in close


def test_what_the_page_opens_on_is_what_a_worker_computes() -> None:
    entry = opening.run_to_open()
    assert entry is not None
    assert entry.name == "documentation-default"
    shipped = {study.key: study_file.shipped(study.key) for study in opening.studies()}
    assert None not in shipped.values()
    assert sum(study_file.path_of(key).stat().st_size for key in shipped) < 1_500_000
    run = zoo.load(entry.name)
    figures = shipped[measured(run, run.config.key).key]
    assert figures is not None
    assert figures["codes"]["precision"] == pytest.approx(measure(file_of(run), "codes")["precision"], abs=0.01)
    assert figures["codes"]["precision"] > figures["lsa"]["precision"] + 0.01  # what was asked for


def test_the_shell_finds_documents_for_a_sentence(
    run: Run, tmp_path: Path, tiny_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text.safetensors"
    checkpoint.save(run, path)
    assert main(["documents", str(path), "nodes of a graph", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"input", *SPACES}
    assert found["tfidf"]["classes"][0] == "networkx"
    assert main(["documents", str(path), "nodes of a graph"]) == 0
    assert "by All words: networkx" in capsys.readouterr().out
    assert main(["documents", str(path), "qqq"]) == 1
    assert main(["documents", str(tiny_file), "graph"]) == 1
    assert "learned documents" in capsys.readouterr().err


def test_a_refusal_is_a_sentence() -> None:
    assert issubclass(NoSuchNumber, LabError)


def test_the_slider_of_the_longest_code_is_sent_no_more_than_a_component_may_be() -> None:
    size = 200
    words = torch.randn(size, 500, generator=torch.Generator().manual_seed(0))

    class Long(_Planted):
        def decode(self, codes: Tensor) -> Tensor:
            return (codes @ words).sigmoid()[:, None, None]

    items = torch.randint(0, 255, (60, 1, 1, size), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    found = turned(Long(size), items)
    assert len(found) == MOST
    answer = {
        "numbers": [one.number for one in found],
        "values": [one.values for one in found],
        "words": [one.words for one in found],
        "weights": [one.weights for one in found],
        "vocabulary": ["parameterisation"] * 500,
    }
    assert len(json.dumps(topic_slider_data("a", answer, topic=0, turn=0, start=0))) < MOST_BYTES
