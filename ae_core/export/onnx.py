"""The decoder as an ONNX model: a code goes in, an image comes out, wherever there is an ONNX runtime."""

from __future__ import annotations

import io
import threading
import warnings

import torch
from torch import Tensor, nn

from ae_core.models.autoencoder import Autoencoder

# The exporter keeps its state in globals. torch.export's successor to it takes 2.5 s and 125 MB, and onnxscript as well.
_one_at_a_time = threading.Lock()


class _Decoder(nn.Module):
    """The way from a code to the image that is shown of it, as the exporter wants it: one module."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, code: Tensor) -> Tensor:
        """Decode codes (N, D) to images (N, C, H, W) in [0, 1]."""
        return self.model.pixels(self.model.decoder(code)).clamp(0, 1)


def decoder_onnx(model: Autoencoder) -> bytes:
    """Export ``model``'s decoder as an ONNX file.

    Its input is "code" (N, D) and its output "image" (N, C, H, W) in [0, 1], both float32, for any N.
    """
    file = io.BytesIO()
    code = torch.zeros(1, model.code_size, device=model.device)
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that another exporter is newer, and that a batch of recurrent layers may vary
        torch.onnx.export(
            _Decoder(model).eval(),
            (code,),
            file,  # type: ignore[arg-type]  # this exporter writes to what is like a file, too
            input_names=["code"],
            output_names=["image"],
            dynamic_axes={"code": {0: "images"}, "image": {0: "images"}},
            dynamo=False,
        )
    return file.getvalue()
