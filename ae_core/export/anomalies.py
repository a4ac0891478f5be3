"""The script that trains a run and scores strange images with it, without the lab."""

from __future__ import annotations

from torch import nn

from ae_core.data.datasets import INFO
from ae_core.export.recipe import ENVIRONMENT, imports_of, recipe, sections_of, source_of
from ae_core.export.script import device_of, headed, result_of, script
from ae_core.runs.run import Run
from ae_core.tasks.anomalies import images, measures, paths

_FILTER = "held_out = held_out[torch.isin(held_out_labels, torch.tensor(CLASSES))]"  # of a run of some classes


def anomalies_script(run: Run, strange: str, quantile: float = measures.QUANTILE) -> str:
    """Write the run's own script, and after it what scores normal and strange images.

    Args:
        run: trained on what is normal.
        strange: what the strange images are of, one of :func:`ae_core.tasks.anomalies.images.strange_choices`.
        quantile: of held-back normal training images, where the threshold lies.

    Returns:
        The text of a ``.py`` file.
    """
    config, device = run.config, device_of(run)
    other = None if strange == images.OTHERS else INFO[strange]
    scores = sections_of(
        ENVIRONMENT.get_template("anomalies.py.jinja").render(
            config=config,
            info=INFO[config.dataset],
            other=other,
            data=other.script(other, False).strip() if other else "",
            ends=paths.ends(run.model),
            flat=source_of(paths.flat)
            if any(isinstance(layer, nn.Conv2d) for layer in run.model.encoder.modules())
            else "",
            widest=paths.WIDEST,
            most=images.MOST_SCORED,
            most_held_back=images.MOST_HELD_BACK,
            most_fitted=images.MOST_FITTED,
            share=images.SHARE,
            least=paths.LEAST,
            quantile=quantile,
        )
    )
    trains = script(config, device, result_of(run))
    if other is None:  # kept before they are left out
        trains = trains.replace(_FILTER, f"strange = held_out[~{_FILTER.partition('held_out[')[2]}\n{_FILTER}", 1)
    steps = recipe(config, device)
    code = "\n".join(section.code for section in (*steps.sections, *scores))
    trains = trains.replace(steps.imports, imports_of(code), 1)
    return trains + "\n\n" + "\n\n".join(f"{headed(section)}\n" for section in scores)
