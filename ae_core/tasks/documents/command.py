"""``python -m ae_core documents RUN SENTENCE ...``: the training documents that are nearest to sentences."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.runs import zoo
from ae_core.tasks.documents.spaces import SPACES
from ae_core.tasks.documents.study import near_sentence
from ae_core.tasks.study import file_of
from ae_core.text import plain


class NoDocuments(LabError):
    """A run that was trained on something else than documents."""


def add(commands: Any) -> None:
    """Add the command to the subparsers of ``python -m ae_core``."""
    documents = commands.add_parser(
        "documents", help="find the training documents nearest to sentences, by code, LSA and all words"
    )
    documents.set_defaults(command=_documents)
    documents.add_argument("run", metavar="RUN", help="a run's file, or the name of a shipped run")
    documents.add_argument("inputs", nargs="+", metavar="SENTENCE")
    documents.add_argument("--json", action="store_true", help="print one JSON object a sentence and nothing else")


def _documents(options: argparse.Namespace) -> None:
    run = zoo.named_or_in(options.run)
    info = INFO[run.config.dataset]
    if info.kind != "text":
        raise NoDocuments(f"This run has learned {info.items}. Name one that has learned documents.")
    file = file_of(run)
    for sentence in options.inputs:
        line: dict[str, Any] = {"input": sentence}
        for space in SPACES:
            answer = near_sentence(file, space, sentence)
            line[space] = {
                "titles": answer["titles"],
                "classes": [info.class_names[number] for number in answer["classes"]],
                "cosines": [round(cosine, 4) for cosine in answer["cosines"]],
            }
        if options.json:
            print(json.dumps(line), flush=True)
            continue
        print(plain(sentence))
        for space, title in SPACES.items():
            print(f"  by {title}: {', '.join(plain(each) for each in line[space]['titles'])}", flush=True)
