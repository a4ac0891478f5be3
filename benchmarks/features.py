"""What units of the shipped run on patches of photographs draw, and whether that is edges, beside PCA's components.

python -m benchmarks.features
"""

from __future__ import annotations

from ae_core.data.items import to_float
from ae_core.evaluation.features import drawn_alone, measure_features
from ae_core.runs import zoo
from ae_core.runs.fit import images_of
from benchmarks.machine import describe

NAME = "patches16-k-sparse"


def main() -> None:
    """Print how many features are localised, oriented and both, of the run and of PCA of the same size."""
    print(describe())
    run = zoo.load(NAME)
    held_out = images_of(run.config.dataset)[1].images
    features = {
        NAME: drawn_alone(run.model, to_float(held_out)),
        "PCA, same size": run.pca_at_code_size.components.unflatten(1, held_out.shape[1:]),
    }
    print(
        f"{'features of':20}{'count':>7}{'localised':>11}{'oriented':>10}{'edges':>7}  in each of eight directions, from level"
    )
    for name, drawn in features.items():
        found = measure_features(drawn)
        counts = [int(those.sum()) for those in (found.localised, found.oriented, found.edges)]
        print(f"{name:20}{len(drawn):7}{counts[0]:11}{counts[1]:10}{counts[2]:7}  {found.directions.tolist()}")
    m = run.metrics
    print(
        f"denoised: {m['denoised_mse']:.4f} of {m['noisy_mse']:.4f}, PCA {m['pca_denoised_mse']:.4f}, "
        f"median filter {m['median_denoised_mse']:.4f}; clean images: {m['mse']:.4f}, PCA {m['pca_mse']:.4f}"
    )


if __name__ == "__main__":
    main()
