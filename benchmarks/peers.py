"""The training recipes that :mod:`benchmarks.speed` compares: the lab's, and those of Keras, PyTorch and pythae.

    python -m benchmarks.peers NAME TASK

trains one of them in a process of its own: frameworks that share a process fight over its threads. So nothing is
imported here before its contestant needs it. It prints a line of JSON after each epoch, or at the end of the lab's own:
seconds of training so far, and the held-out loss.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Task:
    """What a contestant is told: data, loss, target, budget and seed.

    Attributes:
        folder: where the images lie as .npy files.
        loss: a key of LOSSES, or "elbo" where a contestant computes its own.
        target: the held-out loss at which the clock stops; None to take all epochs.
        epochs: the most that a peer may take; the lab's own has its budget in ``config``.
        seed: of weights and batches.
        threads: that the framework may use.
        config: the lab's Config as JSON; empty for a peer.
        train_count: how many of the training images are used.
    """

    folder: str
    loss: str  # a key of LOSSES, or "elbo" where a contestant computes its own
    target: float | None
    epochs: int
    seed: int
    threads: int
    config: str
    train_count: int

    def _load(self, name: str) -> Array:
        loaded: Array = np.load(Path(self.folder) / f"{name}.npy")
        return loaded

    @cached_property
    def train(self) -> Array:
        """Training images, uint8 (N, 28, 28)."""
        return self._load("train")[: self.train_count]

    @cached_property
    def test(self) -> Array:
        """Held-out images, uint8 (N, 28, 28)."""
        return self._load("test")

    @cached_property
    def noisy(self) -> Array:
        """The held-out images with the same noise for everyone, float32."""
        return self._load("noisy")

    def score(self, reconstruct: Callable[[Array], Array]) -> float:
        """Return the held-out loss of ``reconstruct``, on noisy images where the task is denoising."""
        given = self.noisy if self.loss == "bce" else as_floats(self.test)
        made = np.concatenate([reconstruct(part) for part in np.array_split(given, max(1, len(given) // 1000))])
        return LOSSES[self.loss](made.reshape(given.shape).astype(np.float64), as_floats(self.test))


def as_floats(images: Array) -> Array:
    """Return uint8 images as float32 in [0, 1]."""
    return images.astype(np.float32) / 255


def squared_error(made: Array, clean: Array) -> float:
    """Return the squared error, a mean over pixels."""
    return float(np.square(made - clean).mean())


def cross_entropy(made: Array, clean: Array) -> float:
    """Return the cross-entropy in nats, a mean over pixels; probabilities are clipped as Keras clips them."""
    made = made.clip(1e-7, 1 - 1e-7)
    return float(-(clean * np.log(made) + (1 - clean) * np.log(1 - made)).mean())


LOSSES: dict[str, Callable[[Array, Array], float]] = {"mse": squared_error, "bce": cross_entropy}


class Clock:
    """A clock of training alone: it stands still while the held-out loss is computed."""

    def __init__(self, task: Task, score: Callable[[], float]) -> None:
        self.task, self.score = task, score
        self.started = time.perf_counter()

    def lap(self) -> bool:
        """Print seconds and held-out loss after an epoch; return whether the target is reached."""
        now = time.perf_counter()
        loss = self.score()
        report(now - self.started, loss)
        self.started += time.perf_counter() - now
        return self.task.target is not None and loss <= self.task.target


def report(seconds: float, loss: float) -> None:
    """Print seconds of training and held-out loss as a line of JSON, for the parent process."""
    print(json.dumps({"seconds": seconds, "loss": loss}), flush=True)


def ours(task: Task) -> None:
    """Train with the lab's own loop over its whole budget: a one-cycle run is only good at its end."""
    import torch

    from ae_core.config.schema import Config
    from ae_core.data.datasets import Images
    from ae_core.evaluation.metrics import variational_metrics
    from ae_core.models.codec import reconstruct
    from ae_core.training.loop import run_to_end, train

    torch.set_num_threads(task.threads)

    def images(array: Array) -> Images:
        return Images(torch.from_numpy(array)[:, None], torch.zeros(len(array), dtype=torch.long))  # classes are unused

    config = Config.from_json(task.config)
    test = images(task.test)
    trained = run_to_end(train(config, images(task.train), test, "cpu"))
    model, seconds = trained.model, trained.seconds
    if task.loss == "elbo":
        report(seconds, variational_metrics(config, model, test.images)["loss"])
    else:
        report(seconds, task.score(lambda part: reconstruct(model, torch.from_numpy(part)[:, None]).numpy()))


def _keras(task: Task, layers: Callable[[Any], list[Any]], loss: str, batch_size: int, noise: float = 0.0) -> None:
    """Train a stack of layers with Keras's own fit().

    The clock counts the half second in which Keras builds its graph.

    Args:
        task: data, loss, target and budget.
        layers: makes the layers, given ``keras.layers``.
        loss: Keras's name of the loss that is trained.
        batch_size: images a step.
        noise: standard deviation of the Gaussian noise on the network's inputs, drawn once.
    """
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(task.threads)
    tf.config.threading.set_inter_op_parallelism_threads(task.threads)
    keras.utils.set_random_seed(task.seed)
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers(keras.layers)])
    model.compile(optimizer="adam", loss=loss)
    clean = as_floats(task.train)[..., None]
    given = clean
    if noise:
        draws = np.random.default_rng(task.seed).standard_normal(clean.shape, dtype=np.float32)
        given = (clean + noise * draws).clip(0, 1)

    class Laps(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = clock.lap()

    clock = Clock(task, lambda: task.score(lambda part: model.predict_on_batch(part[..., None])))
    model.fit(given, clean, batch_size=batch_size, epochs=task.epochs, callbacks=[Laps()], verbose=0)


def keras_dense(task: Task) -> None:
    """Train GeeksforGeeks' dense autoencoder, 784-64-784, in Keras."""
    _keras(
        task,
        lambda layers: [
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(784, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ],
        loss="mse",
        batch_size=32,
    )


def keras_denoiser(task: Task) -> None:
    """Train the Keras tutorial's convolutional denoiser, 32-64-128; as there, the noise is drawn once."""

    def stack(layers: Any) -> list[Any]:
        same = {"padding": "same", "activation": "relu"}
        encoder = [
            layer
            for filters in (32, 64, 128)
            for layer in (layers.Conv2D(filters, 3, **same), layers.MaxPooling2D(2, padding="same"))
        ]
        return [
            *encoder,
            layers.Conv2DTranspose(128, 3, strides=2, **same),
            layers.Conv2DTranspose(64, 3, strides=2, **same),
            layers.Conv2DTranspose(32, 3, **same),
            layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid"),
            layers.Cropping2D(2),
        ]

    _keras(task, stack, loss="binary_crossentropy", batch_size=128, noise=0.2)


def torch_vae(task: Task) -> None:
    """Train the VAE of pytorch/examples in its own loop.

    Its images are in a TensorDataset, which is quicker than the folder that the example reads.
    """
    import torch
    import torch._dynamo  # the first step of torch.optim imports it: a second that is kept out of the clock
    from torch import Tensor, nn
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, TensorDataset

    torch.set_num_threads(task.threads)
    torch.manual_seed(task.seed)

    class VAE(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.mean, self.log_variance = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
            self.back, self.pixels = nn.Linear(20, 400), nn.Linear(400, 784)

        def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            hidden = F.relu(self.hidden(images.view(-1, 784)))
            mean, log_variance = self.mean(hidden), self.log_variance(hidden)
            code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
            return torch.sigmoid(self.pixels(F.relu(self.back(code)))), mean, log_variance

    def loss_of(images: Tensor) -> Tensor:
        made, mean, log_variance = model(images)
        divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        return F.binary_cross_entropy(made, images.view(-1, 784), reduction="sum") + divergence

    @torch.no_grad()
    def score() -> float:
        model.eval()
        parts = torch.from_numpy(as_floats(task.test)).split(1000)
        return sum(float(loss_of(part)) for part in parts) / len(task.test)

    loader = DataLoader(TensorDataset(torch.from_numpy(as_floats(task.train))), batch_size=128, shuffle=True)
    model = VAE()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    clock = Clock(task, score)
    for _ in range(task.epochs):
        model.train()
        running = 0.0
        for (images,) in loader:
            optimiser.zero_grad()
            loss = loss_of(images)
            loss.backward()
            running += loss.item()  # as in the example, which prints it
            optimiser.step()
        if clock.lap():
            break


def pythae_ae(task: Task) -> None:
    """Train pythae's AE, its default network, with pythae's trainer at the step size of its README."""
    import torch
    import torch._dynamo  # as above
    from pythae.models import AE, AEConfig
    from pythae.pipelines import TrainingPipeline
    from pythae.trainers import BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    torch.set_num_threads(task.threads)
    torch.manual_seed(task.seed)
    model = AE(AEConfig(input_dim=(1, 28, 28), latent_dim=16))

    @torch.no_grad()
    def reconstruct(part: Array) -> Array:
        codes = model.encoder(torch.from_numpy(part)[:, None]).embedding
        made: Array = model.decoder(codes).reconstruction.numpy()
        return made

    class Laps(TrainingCallback):
        def on_train_begin(self, training_config: Any, **others: Any) -> None:
            self.clock = Clock(task, lambda: task.score(reconstruct))  # what the pipeline prepares is not counted

        def on_epoch_end(self, training_config: Any, **others: Any) -> None:
            self.clock.lap()

    with tempfile.TemporaryDirectory() as folder:
        settings = BaseTrainerConfig(
            output_dir=folder, num_epochs=task.epochs, learning_rate=1e-3, seed=task.seed, no_cuda=True
        )
        train = torch.from_numpy(as_floats(task.train))[:, None]
        TrainingPipeline(model, settings)(train, callbacks=[Laps()])


CONTESTANTS: dict[str, Callable[[Task], None]] = {
    "ours": ours,
    "keras_dense": keras_dense,
    "keras_denoiser": keras_denoiser,
    "torch_vae": torch_vae,
    "pythae_ae": pythae_ae,
}


if __name__ == "__main__":
    CONTESTANTS[sys.argv[1]](Task(**json.loads(sys.argv[2])))
