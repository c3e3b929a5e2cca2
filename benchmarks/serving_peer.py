"""A network behind FastAPI and PyTorch, as most people write it; benchmarks/serving.py asks it.

    python benchmarks/serving_peer.py NETWORK SIZE CLASSES PORT THREADS

The handler is a plain function, which FastAPI runs on its threads; Pillow decodes, PyTorch answers.
THREADS is for each operation of PyTorch; 0 leaves it as it comes.
"""

import io
import sys
from typing import Annotated

import numpy as np
import torch
import uvicorn
from fastapi import Body, FastAPI
from PIL import Image

from sureshot.models import build
from sureshot.recipe import assemble


def application(name: str, size: int, classes: int) -> FastAPI:
    """One route, and the network that it asks, with the weights that it starts from."""
    recipe = assemble(name).settle(size, 3)
    network = build(name, recipe.image.settled(), classes, recipe.seed).eval()
    app = FastAPI()

    @app.post("/predict")
    def predict(body: Annotated[bytes, Body(media_type="image/jpeg")]) -> dict[str, float]:
        picture = Image.open(io.BytesIO(body)).convert("RGB")
        pixels = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))
        with torch.inference_mode():
            shares = network(torch.from_numpy(pixels.copy())[None]).logits.softmax(1)[0]
        return {str(label): share for label, share in enumerate(shares.tolist())}

    return app


if __name__ == "__main__":
    size, classes, port, threads = map(int, sys.argv[2:])
    if threads:
        torch.set_num_threads(threads)
    uvicorn.run(application(sys.argv[1], size, classes), port=port, log_level="error")
