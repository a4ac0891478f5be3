"""Held-out errors of the shipped runs, measured again from their files, beside the project's targets.

AE_DATA_DIR=... python -m benchmarks.quality
"""

from __future__ import annotations

from ae_core.data.datasets import on_disk
from ae_core.runs import zoo
from ae_core.runs.fit import images_of, measure
from benchmarks.machine import describe

# (run, metric, bound, whether smaller is better): the project's own targets
TARGETS = [
    ("mnist-code-2", "mse", 0.037, True),
    ("mnist-code-2", "knn_accuracy", 0.78, False),
    ("mnist-code-16", "mse", 0.0085, True),
    ("mnist-code-32", "mse", 0.0042, True),
    ("mnist-code-64", "mse", 0.0022, True),
    ("mnist-vae-20", "loss", 105.6, True),
]


def main() -> None:
    """Print the held-out metrics of each shipped run, a row each, then which targets are met."""
    print(describe())
    print(
        f"{'run':22}{'MSE':>9}{'PCA MSE':>9}{'PSNR':>7}{'SSIM':>7}{'5-NN':>7}{'PCA 5-NN':>9}{'seconds':>9}{'params':>10}"
    )
    measured = {}
    for entry in zoo.present():
        if not on_disk(entry.config.dataset):
            print(f"{entry.name:22} skipped: {entry.config.dataset} is not in AE_DATA_DIR")
            continue
        run = zoo.load(entry.name)
        m = measured[entry.name] = measure(run.config, run.model, *images_of(entry.config.dataset))
        extra = ""
        if run.config.variational:
            extra = f"  -ELBO {m['loss']:.2f} = {m['reconstruction']:.2f} + KL {m['kl']:.2f}"
        if run.config.corruption != "none":
            extra = (
                f"  noisy {m['noisy_mse']:.4f}, denoised {m['denoised_mse']:.4f}, median {m['median_denoised_mse']:.4f}"
            )
        print(
            f"{entry.name:22}{m['mse']:9.5f}{m['pca_mse']:9.5f}{m['psnr']:7.2f}{m['ssim']:7.3f}{m['knn_accuracy']:7.3f}"
            f"{m['pca_knn_accuracy']:9.3f}{run.seconds:9.1f}{run.parameters:10,}{extra}"
        )
    size = sum(entry.path.stat().st_size for entry in zoo.present())
    print(f"{len(zoo.present())} runs, {size / 2**20:.1f} MiB")
    for name, metric, bound, smaller in TARGETS:
        if name in measured:
            value = measured[name][metric]
            met = value <= bound if smaller else value >= bound
            print(
                f"{name} {metric}: {value:.5g}, to be {'at most' if smaller else 'at least'} {bound}: {'met' if met else 'MISSED'}"
            )


if __name__ == "__main__":
    main()
