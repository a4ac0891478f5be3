"""The script that trains a run and finds clusters in its codes, without the lab."""

from __future__ import annotations

from ae_core.data.datasets import INFO
from ae_core.export.recipe import ENVIRONMENT, imports_of, recipe, sections_of
from ae_core.export.script import device_of, headed, result_of, script
from ae_core.runs.run import Run
from ae_core.tasks.clusters import study

_LEARN = (
    "from scipy.optimize import linear_sum_assignment",
    "from sklearn.cluster import KMeans",
    "from sklearn.manifold import TSNE",
    "from sklearn.mixture import GaussianMixture",
    "from sklearn.neighbors import NearestNeighbors",
)


def clusters_script(run: Run, count: int) -> str:
    """Write the run's own script, and after it what finds clusters in its codes.

    Args:
        run: whose codes are sorted.
        count: of clusters.

    Returns:
        The text of a ``.py`` file.
    """
    config, info = run.config, INFO[run.config.dataset]
    given = {
        "config": config,
        "count": count,
        "fitted": study.FITTED,
        "on_a_plane": study.ON_A_PLANE,
        "measured": study.MEASURED,
    }
    sections = sections_of(ENVIRONMENT.get_template("clusters.py.jinja").render(given))
    steps = recipe(config, device_of(run))
    read, labelled = (info.script(info, with_labels).strip() for with_labels in (bool(config.classes), True))
    trains = script(config, device_of(run), result_of(run)).replace(read, labelled, 1)
    standard, others = imports_of("\n".join(one.code for one in (*steps.sections, *sections))).split("\n\n")
    lines = sorted({*others.splitlines(), *_LEARN}, key=lambda line: (line[0] == "f", line.lower()))
    trains = trains.replace(steps.imports, f"{standard}\n\n" + "\n".join(lines), 1)
    return trains + "\n\n" + "\n\n".join(f"{headed(one)}\n" for one in sections)
