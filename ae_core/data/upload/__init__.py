"""A visitor's own picture: opened or refused by a sentence, then prepared as a model's input."""

from ae_core.data.upload.opening import FORMATS, FORMATS_IN_WORDS, MAX_BYTES, MAX_PIXELS, UploadRejected, open_image
from ae_core.data.upload.preparation import MNIST_FILL, STEP_SIDE, Polarity, Prepared, Step, has_fine_noise, prepare

__all__ = [
    "FORMATS",
    "FORMATS_IN_WORDS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MNIST_FILL",
    "STEP_SIDE",
    "Polarity",
    "Prepared",
    "Step",
    "UploadRejected",
    "has_fine_noise",
    "open_image",
    "prepare",
]
