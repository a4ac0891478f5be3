"""``python -m ae_core search RUN PICTURE ...``: the training images that are nearest to pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ae_core.data.datasets import INFO
from ae_core.data.upload import open_image, prepare
from ae_core.errors import LabError
from ae_core.runs import zoo
from ae_core.tasks.search.spaces import SPACES
from ae_core.tasks.search.study import near_own
from ae_core.tasks.study import file_of
from ae_core.text import plain


def add(commands: Any) -> None:
    """Add the command to the subparsers of ``python -m ae_core``."""
    search = commands.add_parser(
        "search", help="find the training images nearest to pictures, by code, pixels, PCA and bits"
    )
    search.set_defaults(command=_search)
    search.add_argument("run", metavar="RUN", help="a run's file, or the name of a shipped run")
    search.add_argument("inputs", type=Path, nargs="+", metavar="PICTURE")
    search.add_argument("--json", action="store_true", help="print one JSON object a picture and nothing else")


def _search(options: argparse.Namespace) -> None:
    run = zoo.named_or_in(options.run)
    file, info = file_of(run), INFO[run.config.dataset]
    for path in options.inputs:
        try:
            data = path.read_bytes()
        except OSError:
            raise LabError(f"{path} cannot be read: name a picture.") from None
        centred = info.ink_fill is not None
        prepared = prepare(open_image(data), info.shape, centre=centred, fill=info.ink_fill or 1.0)
        line: dict[str, Any] = {"input": str(path)}
        for space in SPACES:
            answer = near_own(file, space, prepared.pixels[None])
            line[space] = {
                "images": answer["found"][0].tolist(),
                "classes": [info.class_names[c] for c in answer["classes"][0]],
                "distances": [round(float(apart), 4) for apart in answer["apart"][0]],
            }
        if options.json:
            print(json.dumps(line), flush=True)
            continue
        print(plain(str(path)))
        for space, about in SPACES.items():
            print(f"  by {about.title}: {', '.join(line[space]['classes'])}", flush=True)
