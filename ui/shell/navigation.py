"""The pages of the lab: where each one's script lies, what it is called, and in which section it stands."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """A page: its script, its title, and what one does there."""

    script: str
    title: str
    about: str
    shows_run: bool = True  # a run of the shelf, which is chosen in the sidebar


#: By section, each page by its address; Home's is empty. Scripts are named from ``pages/``, where the frame lies.
SECTIONS: dict[str, dict[str, Page]] = {
    "Learn": {
        "": Page("learn/home.py", "Home", "What an autoencoder is, in one screen."),
        "reconstruct": Page(
            "learn/reconstruct.py", "Reconstruct", "Its best and its worst, and images of a kind it never saw."
        ),
        "latent_map": Page(
            "learn/latent_map.py", "Latent map", "Held-out images as points on a plane, beside PCA's plane."
        ),
        "generate": Page(
            "learn/generate.py", "Generate", "Draw images that nobody drew, with a variational autoencoder."
        ),
    },
    "Train": {
        "train": Page(
            "train/train.py", "Train", "Pick a kind, drag its settings, and watch it learn for a few seconds."
        ),
        "compare": Page(
            "train/compare.py",
            "Compare",
            "Train one setting at several values, side by side; hold two runs against each other.",
        ),
    },
    "Apply": {
        "denoise": Page(
            "apply/denoise.py", "Denoise", "Add noise to an image, or upload your own, and have it cleaned."
        ),
        "anomalies": Page(
            "apply/anomalies.py",
            "Anomalies",
            "Train on what is normal alone, then drag the line above which an image counts as strange.",
        ),
        "search": Page(
            "apply/search.py",
            "Search",
            "Pick, draw or upload an image, and find those nearest to it by code, pixels, PCA and 32 bits.",
        ),
        "documents": Page(
            "apply/documents.py",
            "Documents",
            "Turn a number of a code and see which words come; search documents by a sentence, on codes, LSA and all words.",
        ),
        "compress": Page(
            "apply/compress.py",
            "Compress",
            "Write codes as files, and turn the bytes down beside JPEG, WebP and PCA.",
        ),
        "clusters": Page(
            "apply/clusters.py",
            "Clusters",
            "Images sorted into groups without any label; drag one over a border, and it belongs to another.",
        ),
        "few_labels": Page(
            "apply/few_labels.py",
            "Few labels",
            "Label ten images yourself, and see what a classifier makes of them on codes, PCA and pixels.",
        ),
        "reading": Page(
            "apply/reading.py",
            "Can it be read?",
            "Drag the noise, and see which images a small reader still reads, as they are and after each repair.",
        ),
        "tables": Page(
            "apply/tables.py",
            "Tables",
            "See by which columns a row is strange, and who finds the fraud; learn from a CSV file of your own.",
        ),
        "photos": Page(
            "apply/photos.py",
            "Photos",
            "Upload a real photograph and get it back better, at its full size.",
            shows_run=False,
        ),
    },
}
PAGES: dict[str, Page] = {address: page for pages in SECTIONS.values() for address, page in pages.items()}
