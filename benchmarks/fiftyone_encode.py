"""FiftyOne's way to encode files, as a peer of `benchmarks.encode`, in FiftyOne's environment.

`python -m benchmarks.fiftyone_encode MODEL WEIGHTS FOLDER HOME` prints the seconds that
`compute_embeddings` took, with two workers that load pictures and with none. The model is one of
open_clip's, or `mini-clip`; without weights ('') they are random. FiftyOne's database and folders
are made in HOME.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

BATCH = 64
MINI_CLIP = Path(__file__).parents[1] / "plugin" / "clustering_app" / "extraction" / "mini_clip"


def main(model: str, weights: str, folder: str, home: str) -> dict[str, float]:
    """Seconds by the number of workers."""
    os.environ.update(
        HOME=home,
        FIFTYONE_DATABASE_DIR=f"{home}/database",
        FIFTYONE_DATABASE_VALIDATION="false",
        FIFTYONE_DEFAULT_DATASET_DIR=f"{home}/datasets",
        FIFTYONE_DO_NOT_TRACK="true",
    )
    from clustering_app.extraction.torchvision_operators import declare_missing_operators

    declare_missing_operators()
    import fiftyone
    import open_clip
    import torch
    from fiftyone.utils.open_clip import TorchOpenClipModel, TorchOpenClipModelConfig

    fiftyone.config.show_progress_bars = False
    open_clip.add_model_config(MINI_CLIP / "mini-clip.json")
    dataset = fiftyone.Dataset()
    dataset.add_samples(fiftyone.Sample(filepath=str(path)) for path in Path(folder).iterdir())
    encoder = TorchOpenClipModel(
        TorchOpenClipModelConfig(
            {
                "clip_model": model,
                "pretrained": weights,
                "embeddings_layer": "visual",
                "text_prompt": "",
                "classes": ["picture"],
                "output_processor_cls": "fiftyone.utils.torch.ClassifierOutputProcessor",
            }
        )
    )
    encoder._text_features = torch.zeros(1, open_clip.get_model_config(model)["embed_dim"])
    encode = dataset.compute_embeddings
    found = dataset.take(BATCH).compute_embeddings(encoder, batch_size=BATCH, num_workers=0)
    assert len(found) == min(BATCH, len(dataset))  # what is loaded once
    seconds = {}
    for workers in (2, 0):
        started = time.perf_counter()
        assert len(encode(encoder, batch_size=BATCH, num_workers=workers)) == len(dataset)
        seconds[str(workers)] = time.perf_counter() - started
    return seconds


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])), flush=True)
