"""The tutorials' own models, as printed: sizes, activations, loss, optimiser and batch size; and models of papers.

What a tutorial does not print is Keras's default, in which all of them are written: batches of 32, Adam at a constant
rate of 0.001. Adadelta runs at a rate of 1, the paper's and the one of Keras in its day: at today's default of 0.001 the
first of these no longer learns anything. Of a paper's model the lab has the layers and the loss; what it does otherwise, such
as to leave out the pretraining, stands in ``source``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ae_core.config.schema import Config


@dataclass(frozen=True)
class Preset:
    """A tutorial's or a paper's model. ``published`` is the figure it prints, in words, empty where it prints none."""

    name: str
    title: str
    source: str
    published: str
    config: Config


def _keras(**settings: object) -> Config:
    as_in_keras = {"schedule": "constant", "learning_rate": 1e-3, "batch_size": 32, "epochs": 10}
    return Config(**{"dataset": "mnist", "hidden_sizes": (), **as_in_keras, **settings})  # type: ignore[arg-type]


def _documents(**settings: object) -> Config:
    as_in_science = {"dataset": "documentation", "loss": "categorical", "output_activation": "softmax"}
    ours = {"activation": "gelu", "batch_size": 128, "epochs": 25, "learning_rate": 3e-3}
    return Config(**{**as_in_science, **ours, **settings})  # type: ignore[arg-type]


_DEEP = "Hinton & Salakhutdinov 2006, Reducing the dimensionality of data with neural networks; here with GELU and Adam, and without Boltzmann machines"
_HASHING = "Salakhutdinov & Hinton 2009, Semantic hashing; here with GELU and Adam, without Boltzmann machines and without noise before the code"
_FILTERED = (
    "“higher accuracy than applying TF-IDF to the entire document set”, where TF-IDF ranks what the bits have found"
)
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
        Preset(
            "documents-2",
            "Deep autoencoder of documents: 2000-500-250-125-2",
            _DEEP,
            "a map of 804,414 news stories",
            _documents(hidden_sizes=(500, 250, 125), code_size=2),
        ),
        Preset(
            "documents-10",
            "Deep autoencoder of documents: 2000-500-250-125-10",
            _DEEP,
            "what it finds is of the right topic more often than what LSA of 50 finds",
            _documents(hidden_sizes=(500, 250, 125), code_size=10),
        ),
        Preset(
            "hashing-32",
            "Semantic hashing of documents: 2000-500-250-32, sigmoid",
            _HASHING,
            _FILTERED,
            _documents(hidden_sizes=(500, 250), code_size=32, code_activation="sigmoid"),
        ),
        Preset(
            "hashing-128",
            "Semantic hashing of documents: 2000-500-500-128, sigmoid",
            _HASHING,
            _FILTERED,
            _documents(hidden_sizes=(500, 500), code_size=128, code_activation="sigmoid"),
        ),
        Preset(
            "lstm-beats",
            "LSTM on sequences: normal heartbeats, row by row",
            "Malhotra et al. 2016, LSTM-based encoder-decoder for multi-sensor anomaly detection, with the code that Srivastava "
            "et al. 2015 make of the last state; 64 cells and a code of 16 are the lab's choice",
            "figures of other sensors and of an electrocardiogram, none of these beats",
            Config(
                dataset="heartbeats",
                classes=(0,),
                architecture="lstm",
                hidden_sizes=(64,),
                code_size=16,
                learning_rate=1e-2,
                batch_size=32,
                epochs=30,
            ),
        ),
    )
}
BY_KEY: dict[str, Preset] = {preset.config.key: preset for preset in PRESETS.values()}
