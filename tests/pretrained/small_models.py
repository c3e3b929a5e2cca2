"""How small models for tests want their images."""

import json
from pathlib import Path

SIDE = 32  # pixels
MEAN, DEVIATION = [0.5, 0.4, 0.3], [0.2, 0.25, 0.5]


def write_processor(folder: Path, **changed: object) -> None:
    """The file beside the weights that says so."""
    told = {
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": MEAN,
        "image_std": DEVIATION,
        "size": {"height": SIDE, "width": SIDE},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(told | changed))
