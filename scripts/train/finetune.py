"""Trains the decoder of a model for an encoder that stays as it is: what `edge-csi prune` cannot do in closed form.

    python3 finetune.py ../../small/dualnet-mag-m43-d6-w4 --data DIR --out ../../tuned/dualnet-mag-m43-d6-w4-tuned

DIR, or a file, as for train.py. The new folder is a model of its own; its id is its name.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import torch

import csi_file
import dataset
from export import DecoderGraph, describe_file, to_onnx
from load import load
from normalization import Spherical, Split
from schedule import Stage
from trainer import Trainer, round_to_half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("model", type=Path, help="folder of the model")
    parser.add_argument("--data", type=Path, required=True, help="folder with cost2100-{indoor,outdoor}-{train,val}.npz, or a file of your own")
    parser.add_argument("--environment", choices=["indoor", "outdoor"], default="indoor")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--samples", type=int, help="train on a subset")
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    csi_file.add_reading_options(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    started = time.time()
    loaded = load(arguments.model)
    manifest, encoder, decoder = loaded.manifest, loaded.encoder, loaded.decoder
    if manifest["normalization"]["kind"] != "spherical":
        raise SystemExit(f"{manifest['id']}: only models normalised spherically have the decoder that is trained here")
    normalization = Spherical(manifest["normalization"], decoder.shape[0])
    reading = csi_file.reading_of(arguments)
    splits = dataset.load_splits(arguments.data, arguments.environment, manifest["csi"], torch.device("cpu"), arguments.samples, reading)
    train, val = (Split(part, normalization) for part in splits)
    hyper = {
        "seed": arguments.seed, "batch": 64, "frozenShare": 0, "learningRate": arguments.learning_rate,
        "denseLearningRate": arguments.learning_rate / 10,
    }
    log = lambda line: print(f"[{time.time() - started:7.1f} s] {line}", flush=True)
    trainer = Trainer(hyper, train, val, None, True, log)
    trainer.quantizer = loaded.quantizer
    encoder.requires_grad_(False)
    before = trainer.validate(encoder, decoder)
    log(f"before: val NMSE {before}")
    trainer.fit(encoder, decoder, Stage(arguments.epochs), True, manifest["id"])
    round_to_half(decoder)
    after = trainer.validate(encoder, decoder)

    arguments.out.mkdir(parents=True, exist_ok=True)
    files = manifest["files"]
    for kind in ("encoder", "allocation", "refiner"):
        if kind in files:
            shutil.copy(arguments.model / files[kind]["path"], arguments.out / files[kind]["path"])
    graph = DecoderGraph(decoder.eval(), encoder).eval()
    shape, rows = graph.shape, slice(0, 2)
    latent = torch.zeros(2, decoder.length)
    inputs = {"latent": latent, "cell": latent, "uplink": trainer.val.all.u[rows].reshape(-1, *shape)}
    output = "magnitude" if decoder.shape[0] == 1 else "parts"
    path = arguments.out / files["decoder"]["path"]
    to_onnx(graph, tuple(inputs[name] for name in graph.inputs), graph.inputs, output, path)
    tuning = {
        "from": manifest["id"], "epochs": arguments.epochs, "samples": len(trainer.train), "seed": arguments.seed,
        "learningRate": arguments.learning_rate, "validation": {"before": before, "after": after},
        "seconds": round(time.time() - started), "device": f"{arguments.threads} CPU threads",
        "dataSha256": {"train": trainer.train.sha256, "val": trainer.val.sha256},
    }
    training = {**manifest["training"], "fineTuning": tuning}
    kept = {key: value for key, value in manifest.items() if key != "measured"}
    new = {**kept, "id": arguments.out.name, "files": {**files, "decoder": describe_file(path)}, "training": training}
    (arguments.out / "manifest.json").write_text(json.dumps(new, indent=1) + "\n")
    log(f"after: val NMSE {after}; wrote {arguments.out}")


if __name__ == "__main__":
    main()
