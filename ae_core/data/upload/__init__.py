"""A visitor's own picture: opened or refused by a sentence, then prepared as a model's input or kept at full size."""

from ae_core.data.upload.opening import FORMATS, FORMATS_IN_WORDS, MAX_BYTES, MAX_PIXELS, UploadRejected, open_image
from ae_core.data.upload.photo import PHOTO_BYTES, PHOTO_PIXELS, Photo, open_photo
from ae_core.data.upload.photo_files import PhotoTooLong, as_jpeg, as_png
from ae_core.data.upload.preparation import MNIST_FILL, STEP_SIDE, Polarity, Prepared, Step, has_fine_noise, prepare

__all__ = [
    "FORMATS",
    "FORMATS_IN_WORDS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MNIST_FILL",
    "PHOTO_BYTES",
    "PHOTO_PIXELS",
    "STEP_SIDE",
    "Photo",
    "PhotoTooLong",
    "Polarity",
    "Prepared",
    "Step",
    "UploadRejected",
    "as_jpeg",
    "as_png",
    "has_fine_noise",
    "open_image",
    "open_photo",
    "prepare",
]
