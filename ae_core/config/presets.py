"""The tutorials' own models, as printed: sizes, activations, loss, optimiser and batch size.

What a tutorial does not print is Keras's default, in which all of them are written: batches of 32, Adam at a constant
rate of 0.001. Adadelta runs at a rate of 1, the paper's and the one of Keras in its day: at today's default of 0.001 the
first of these no longer learns anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from ae_core.config.schema import Config


@dataclass(frozen=True)
class Preset:
    """A tutorial's model. ``published`` is the figure it prints, in words, empty where it prints none."""

    name: str
    title: str
    source: str
    published: str
    config: Config


def _keras(**settings: object) -> Config:
    as_in_keras = {"schedule": "constant", "learning_rate": 1e-3, "batch_size": 32, "epochs": 10}
    return Config(**{"dataset": "mnist", "hidden_sizes": (), **as_in_keras, **settings})  # type: ignore[arg-type]


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "edureka-32",
            "Edureka: dense 784-32-784",
            "Edureka, Autoencoders tutorial (after the Keras blog, 2016)",
            "compression by 24.5; its loss is not printed, the Keras blog's is a cross-entropy of about 0.093",
            _keras(
                code_size=32,
                code_activation="relu",
                loss="bce",
                optimiser="adadelta",
                learning_rate=1.0,
                batch_size=256,
                epochs=50,
            ),
        ),
        Preset(
            "conv-32",
            "Convolutions and max-pooling, code of 32, transposed convolutions",
            "A tutorial that prints neither channels nor loss; 16 and 32 channels and MSE are the lab's choice",
            "pictures only",
            _keras(
                architecture="conv", hidden_sizes=(16, 32), code_size=32, downsampling="pool", batch_size=128, epochs=5
            ),
        ),
        Preset(
            "single-56",
            "Single layer of 56, sigmoid",
            "Dimensionality Reduction to the Max",
            "",
            _keras(code_size=56, code_activation="sigmoid"),
        ),
        Preset(
            "multi-48",
            "Dense 196-48-196",
            "Dimensionality Reduction to the Max",
            "",
            _keras(hidden_sizes=(196,), code_size=48, code_activation="sigmoid"),
        ),
        Preset(
            "conv-48",
            "Convolutional 16-8 with a code of 48",
            "Dimensionality Reduction to the Max",
            "“takes considerably longer to train”",
            _keras(architecture="conv48", code_size=48, code_activation="sigmoid", output_activation="relu", epochs=5),
        ),
        Preset(
            "geeks-64",
            "GeeksforGeeks: dense 784-64-784",
            "GeeksforGeeks, Implementing an autoencoder",
            "held-out squared error 0.0040 after 7 epochs",
            _keras(code_size=64, code_activation="relu", epochs=7),
        ),
        Preset(
            "denoiser-128",
            "Convolutional denoiser 32-64-128",
            "Ruigu, Denoising autoencoder",
            "“nearly identical to the clean images”",
            _keras(
                architecture="denoiser",
                code_size=2048,
                loss="bce",
                corruption="gaussian",
                corruption_strength=0.2,
                corruption_min=0.2,
                batch_size=128,
                epochs=20,
            ),
        ),
    )
}
BY_KEY: dict[str, Preset] = {preset.config.key: preset for preset in PRESETS.values()}
