"""The heading that each page of the lab opens with."""

TITLES = {  # by the page's address; Home's is empty
    "": "Squeeze an image through a few numbers",
    "train": "Train an autoencoder",
    "reconstruct": "Reconstruct",
    "denoise": "Denoise",
    "latent_map": "Latent map",
    "generate": "Generate",
    "compare": "Compare",
    "anomalies": "Anomalies",
    "search": "Search",
    "documents": "Documents",
    "tables": "Tables",
    "compress": "Compress",
    "clusters": "Clusters",
    "reading": "Can it be read?",
    "photos": "Photos",
    "few_labels": "Few labels",
}
