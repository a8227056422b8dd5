"""Trains the models of one or more configs and writes their zoo entries.

    python3 train.py configs/dualnet-mag-m43.json --data DIR --out ../../models/zoo --golden ../../test/golden

DIR holds the path lists cost2100-{indoor,outdoor}-{train,val}.npz. The test split is never read here: its figures come
from `edge-csi bench --suite accuracy`. Pruned and full encoder continue from one stem for the same number of steps, so
that their difference is the convolution's and not the budget's.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch

import codec
import dataset
import export
import regression
from dualnet import Encoder, ReferenceDecoder
from normalization import Minmax, Spherical, Split
from refine import finish
from trainer import Quantizer, Trainer
from unrolled import UnrolledDecoder


def planes_of(config: dict) -> int:
    return 2 if config["family"] == "dualnet-abs" else 1


def make_decoder(config: dict):
    shape, spec = (config["csi"]["numAntennas"], config["csi"]["numDelays"]), config["decoder"]
    if spec["kind"] == "reference":
        return ReferenceDecoder(*shape, config["codewordLength"], sigmoid=config["normalization"] == "minmax")
    return UnrolledDecoder(
        planes_of(config), *shape, config["codewordLength"], spec["stages"], spec["width"], spec["blocks"], spec["uplinkRank"]
    )


def train_stem(config: dict, trainer: Trainer):
    """Encoder (pruned) and decoder from the linear optimum through the first stretch of training."""
    length, uplink_rank = config["codewordLength"], config["decoder"].get("uplinkRank", 0)
    x, u, weight = trainer.train.x.numpy(), trainer.train.u.numpy(), trainer.train.weight.numpy()
    start = regression.fit(x, u, length, uplink_rank, config["training"]["ridge"], weight)
    decoder, encoder, step = make_decoder(config), None, None
    deviation = None
    if length > 0:
        encoder = Encoder(planes_of(config), config["csi"]["numAntennas"], config["csi"]["numDelays"], length, pruned=True)
        with torch.no_grad():
            encoder.dense.weight.copy_(start.basis.T)
            encoder.dense.bias.copy_(start.encoder_bias)
        latent = trainer.latents(encoder, trainer.train)
        bits, step = codec.allocate_codeword_bits(latent[::8], (start.dense.numpy() ** 2).sum(0), config["codewordBits"])
        trainer.quantizer, deviation = Quantizer(bits, step), torch.from_numpy(latent.std(0))
    decoder.start(start, deviation, trainer.quantizer and trainer.quantizer.step)
    trainer.log(f"start: val NMSE {trainer.validate(encoder, decoder)}")
    trainer.fit(encoder, decoder, config["training"]["stemEpochs"], False, "stem")
    return encoder, decoder


def fork(config: dict, trainer: Trainer, stem, pruned: bool, name: str):
    """Second stretch, with the pruned or the full encoder, from a copy of the stem."""
    encoder, decoder = copy.deepcopy(stem)
    if encoder is not None and not pruned:
        full = Encoder(planes_of(config), config["csi"]["numAntennas"], config["csi"]["numDelays"], config["codewordLength"], pruned=False)
        full.start_as_identity(trainer.train.x)
        full.dense.load_state_dict(encoder.dense.state_dict())
        encoder = full
    trainer.fit(encoder, decoder, config["training"]["forkEpochs"], True, name)
    return encoder, decoder


def run(config: dict, train: Split, val: Split, normalization, arguments, log) -> None:
    torch.manual_seed(config["training"]["seed"])
    trainer = Trainer(config["training"], train, val, log)
    started, stem, first_quantizer, refiner = time.time(), None, None, None
    for kind in config["encoders"]:
        name = config["id"] if kind == config["encoders"][0] else f"{config['id']}-{kind}"
        checkpoint = arguments.checkpoints and arguments.checkpoints / f"{name}.pt"
        if checkpoint and checkpoint.exists():
            encoder, decoder, trainer.quantizer, seconds = torch.load(checkpoint)
            started = time.time() - seconds
            log(f"{name}: encoder and decoder from {checkpoint}")
        else:
            if stem is None:
                stem = train_stem(config, trainer)
                first_quantizer = trainer.quantizer
            trainer.quantizer = first_quantizer
            encoder, decoder = fork(config, trainer, stem, kind == "pruned", name)
            if checkpoint:
                torch.save((encoder, decoder, trainer.quantizer, time.time() - started), checkpoint)
        if arguments.without_refiner:
            continue
        # One refiner serves both: what the BS holds before it hardly depends on the encoder's convolution.
        finished = finish(config, trainer, normalization, encoder, decoder, name, refiner)
        refiner = finished.refiner
        training = {
            "validation": finished.validation, "secondsOnCpu": round(time.time() - started),
            "dataSha256": {"train": train.sha256, "val": val.sha256}, "samples": len(train),
        }
        export.write_model(arguments.out / name, arguments.golden / f"{name}.npz", config, name, kind == "pruned", trainer, normalization, encoder, decoder, finished, training)
        log(f"wrote {arguments.out / name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("configs", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True, help="folder with cost2100-{indoor,outdoor}-{train,val}.npz")
    parser.add_argument("--out", type=Path, required=True, help="zoo folder; a folder per model is written in it")
    parser.add_argument("--golden", type=Path, required=True, help="folder for the golden vectors")
    parser.add_argument("--limit", type=int, help="train on a subset, for a trial run")
    parser.add_argument("--checkpoints", type=Path, help="folder to keep trained encoders and decoders in, and to take them from")
    parser.add_argument("--without-refiner", action="store_true", help="stop after encoder and decoder; with --checkpoints, another run goes on")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    started, loaded = time.time(), {}

    for path in arguments.configs:
        config = json.loads(path.read_text())

        def log(line: str) -> None:
            print(f"[{time.time() - started:7.1f} s] {config['id']}: {line}", flush=True)

        source = (config["environment"], json.dumps(config["csi"]), config["training"].get("samples"), config["training"].get("fadingDraws", 1))
        if source not in loaded:
            loaded.clear()
            limit, draws = arguments.limit or source[2], source[3]
            file = lambda name: arguments.data / f"cost2100-{config['environment']}-{name}.npz"
            loaded[source] = (dataset.load(file("train"), config["csi"], limit, draws), dataset.load(file("val"), config["csi"]))
        train, val = loaded[source]
        planes = planes_of(config)
        normalization = Minmax(train) if config["normalization"] == "minmax" else Spherical(config["normalization"], planes)
        log(f"{len(train)} training and {len(val)} validation samples")
        run(config, Split(train, normalization), Split(val, normalization), normalization, arguments, log)


if __name__ == "__main__":
    main()
