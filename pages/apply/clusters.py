"""Clusters: images sorted into groups by their codes, and one that is dragged from one group into another."""

from collections.abc import Mapping

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.tasks.clusters.opening import COUNT, ENDING
from ae_core.tasks.clusters.study import FEWEST, MOST, WAYS, how_many, study
from ae_core.tasks.study import Answer
from ui.clusters import showing
from ui.visit import link, shelf, studies
from ui.widgets.expander import reading
from ui.widgets.other_run import nothing_to_do
from ui.widgets.study_view import show_study

entry = shelf.current_entry("clusters")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Clusters")


def suggested(answers: Mapping[str, Answer]) -> None:
    """Say how many clusters the silhouette of the training codes speaks for."""
    if "counts" in answers:
        found = answers["counts"]
        most = max(found["silhouettes"])
        st.caption(
            f"By the silhouette of k-means on training codes it would be **{found['best']}** (silhouette {most:.2f}; "
            f"{found['counts'][0]} to {found['counts'][-1]} were tried). Nobody told it the classes."
        )


def bench() -> None:
    """Show the map beside the controls, the rows of the clusters, and how each way agrees with the classes."""
    st.write(
        f"**{entry.title}.** Held-out {info.items} as the letters of their clusters, which were found without any label. **Drag one** "
        "over a border, and it belongs to another."
    )
    name = studies.name_of(entry)
    with st.container(key="picture_and_panel"):
        picture, panel = st.columns([5, 2], gap="large")
    with panel:
        way = link.selectbox(
            "Found in, and by",
            list(WAYS),
            "codes-kmeans",
            name="found_by",
            key="clusters_way",
            format_func=lambda name: info.spoken(WAYS[name].title),
            help=info.spoken(
                "The numbers in which clusters are found: the code, as many principal components, or all pixels. "
            )
            + "And how: k-means, a mixture of Gaussians, or a mixture on a plane on which neighbours stay neighbours (t-SNE).",
        )
        count = link.slider(
            "Clusters",
            FEWEST,
            MOST,
            COUNT,
            name="clusters",
            key="clusters_count",
            help=f"How many to find. That there are {len(info.class_names)} classes is something that you know, not what was found.",
        )
        show_study(how_many(run, name), suggested)
    link.publish(config, found_by=way, clusters=count)

    def draw(answers: Mapping[str, Answer]) -> None:
        if way in answers:
            showing.the_map(config, way, answers[way])
            showing.rows(config, answers[way])
        showing.table(run, count, answers)

    with picture:
        show_study(study(run, name, count), draw)


if not nothing_to_do(
    entry,
    "Without them there is nothing to sort.",
    ENDING,
):
    bench()

reading(
    "How to read it",
    info.spoken(
        "- **k-means** puts centres where the squared distance of all images to the nearest one is least: clusters are cells "
        "around centres, all of one size at heart. **A mixture** lets each cluster have a width and a direction of its own.\n"
        "- **Plane and mixture** first lays the codes on a plane on which neighbours stay neighbours, and finds clusters there "
        "(N2D, McConville et al. 2021, with t-SNE for UMAP): classes that are long and bent in the code come to lie in heaps. "
        "Whether that is owed to the code, the same plane of PCA and of pixels says. Here it has few images, to be done in "
        "seconds; with five times as many it agrees better with the classes (`python -m benchmarks.apply clusters`).\n"
        "- **A decoded centre** shows what a cluster has in common. The mean of pixels is a blur; the decoder draws the mean of "
        "codes as an image, which need not be one that exists.\n"
        "- **Clusters are not classes.** Of digits two ways to write a 1 may be two clusters, and 4 and 9 one. Accuracy, NMI and ARI "
        "say how well the two agree, which is not what was asked for.\n"
        "- **How many there are** is chosen on training codes where it is chosen: by the silhouette, which compares how near an "
        "image is to its own cluster and to the next."
    ),
)
