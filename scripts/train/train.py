"""Trains the models of one or more configs and writes their zoo entries.

    python3 train.py configs/dualnet-mag-m43.json --data DIR --out ../../models/zoo --golden ../../test/golden
    python3 train.py configs/dualnet-mag-m43.json --data down.mat --uplink up.mat --id mine --minutes 5 --out ../../my-zoo

DIR holds the path lists cost2100-{indoor,outdoor}-{train,val}.npz; a file is one of yours, of any kind that edge-csi reads.
The test split is never read here: its figures come from `edge-csi bench accuracy`. Pruned and full encoder continue from one stem for the same number of steps (by the
clock: about), so that their difference is the convolution's and not the budget's. README.md says how to train on a GPU.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import subprocess
import sys
import time
import traceback
from pathlib import Path

import torch

import codec
import csi_file
import dataset
import export
import regression
from checkpoint import Checkpoints
from dualnet import Encoder, ReferenceDecoder
from normalization import Minmax, Spherical, Split
from receiver import fit_receiver
from refiner import Refiner
from schedule import Budget, Stage, lanes, model_weight, stage_weights
from trainer import Quantizer, Trainer, round_to_half
from unrolled import UnrolledDecoder

ENVIRONMENTS = {"indoor": "IndoorHall_5GHz", "outdoor": "SemiUrban_300MHz"}


def planes_of(config: dict) -> int:
    return 2 if config["family"] == "dualnet-abs" else 1


def make_encoder(config: dict, pruned: bool, device: torch.device) -> Encoder | None:
    if config["codewordLength"] == 0:
        return None
    return Encoder(planes_of(config), config["csi"]["numAntennas"], config["csi"]["numDelays"], config["codewordLength"], pruned).to(device)


def make_decoder(config: dict, device: torch.device):
    shape, spec = (config["csi"]["numAntennas"], config["csi"]["numDelays"]), config["decoder"]
    if spec["kind"] == "reference":
        return ReferenceDecoder(*shape, config["codewordLength"], sigmoid=config["normalization"] == "minmax").to(device)
    return UnrolledDecoder(
        planes_of(config), *shape, config["codewordLength"], spec["stages"], spec["width"], spec["blocks"], spec["uplinkRank"]
    ).to(device)


def train_stem(config: dict, trainer: Trainer, seconds: float | None):
    """Encoder (pruned) and decoder from the linear optimum through the first stage of training."""
    length, uplink_rank, train = config["codewordLength"], config["decoder"].get("uplinkRank", 0), trainer.train.all
    started = time.monotonic()
    start = regression.fit(train.x, train.u, length, uplink_rank, config["training"]["ridge"], train.weight)
    decoder, encoder, deviation = make_decoder(config, trainer.device), make_encoder(config, True, trainer.device), None
    if encoder is not None:
        with torch.no_grad():
            encoder.dense.weight.copy_(start.basis.T)
            encoder.dense.bias.copy_(start.encoder_bias)
        latent = trainer.latents(encoder, trainer.train)
        trainer.quantizer = Quantizer(*codec.allocate_codeword_bits(latent[::8], (start.dense**2).sum(0), config["codewordBits"]))
        deviation = latent.std(0, unbiased=False)
    decoder.start(start, deviation, trainer.quantizer and trainer.quantizer.step)
    trainer.log(f"start: val NMSE {trainer.validate(encoder, decoder)}")
    left = None if seconds is None else max(0.0, seconds - (time.monotonic() - started))
    trainer.fit(encoder, decoder, Stage(config["training"]["stemEpochs"], left), False, "stem")
    return encoder, decoder


def fork(config: dict, trainer: Trainer, stem, pruned: bool, name: str, seconds: float | None):
    """Second stage, with the pruned or the full encoder, from a copy of the stem."""
    encoder, decoder = copy.deepcopy(stem)
    if encoder is not None and not pruned:
        full = make_encoder(config, False, trainer.device)
        full.start_as_identity(trainer.train.all.x)
        full.dense.load_state_dict(encoder.dense.state_dict())
        encoder = full
    trainer.fit(encoder, decoder, Stage(config["training"]["forkEpochs"], seconds), True, name)
    round_to_half(decoder)
    return encoder, decoder


def run(config: dict, trainer: Trainer, normalization, checkpoints: Checkpoints, budget: Budget, origin: dict, arguments, log) -> None:
    torch.manual_seed(config["training"]["seed"])
    hyper, device, started = config["training"], trainer.device, time.monotonic()
    names = [config["id"] if kind == config["encoders"][0] else f"{config['id']}-{kind}" for kind in config["encoders"]]
    seconds = budget.take()
    stem = None if all(checkpoints.has(name, "decoder") for name in names) else train_stem(config, trainer, seconds)
    first_quantizer, refiner = trainer.quantizer, None

    def training_of(name: str, before: dict) -> dict:
        spent = round(before.get("seconds", 0) + time.monotonic() - started)
        where = before.get("device", arguments.device_name)
        seen = round(before.get("epochs", 0) + trainer.samples_seen / len(trainer.train), 1)
        return {
            "seconds": spent, "device": where if where == arguments.device_name else f"{where}, then {arguments.device_name}",
            "batch": trainer.batch, "epochs": seen, "samples": len(trainer.train),
            "dataSha256": {"train": trainer.train.sha256, "val": trainer.val.sha256},
        }

    for kind, name in zip(config["encoders"], names):
        pruned, seconds, before, trained = kind == "pruned", budget.take(), {}, False
        if checkpoints.has(name, "decoder"):
            encoder, decoder, before = make_encoder(config, pruned, device), make_decoder(config, device), checkpoints.load_training(name)
            checkpoints.restore(name, "decoder", decoder)
            if encoder is not None:
                checkpoints.restore(name, "encoder", encoder)
                trainer.quantizer = checkpoints.load_quantizer(name, device)
            log(f"{name}: encoder and decoder from {arguments.checkpoints}")
        else:
            trainer.quantizer, trained = first_quantizer, True
            encoder, decoder = fork(config, trainer, stem, pruned, name, seconds)
            checkpoints.save(name, "decoder", decoder.state_dict())
            if encoder is not None:
                checkpoints.save(name, "encoder", encoder.state_dict())
                checkpoints.save_quantizer(name, trainer.quantizer)
            checkpoints.save_training(name, training_of(name, {}))
        # One refiner serves both: what the BS holds before it hardly depends on the encoder's convolution.
        seconds = budget.take() if refiner is None and config["refiner"] is not None else None
        allocated = None
        if checkpoints.has(name, "allocation"):
            allocated = checkpoints.load_allocation(name, config["maxPhaseBits"], device)
        if refiner is None and checkpoints.has(name, "refiner") and allocated is not None:
            refiner = Refiner(config["refiner"]["width"], config["refiner"]["blocks"]).to(device)
            checkpoints.restore(name, "refiner", refiner)
        elif refiner is None:
            trained = trained or config["refiner"] is not None
        parts = fit_receiver(config, trainer, normalization, encoder, decoder, name, refiner, allocated, Stage(hyper["refinerEpochs"], seconds))
        training = training_of(name, before) if trained else before
        if parts.allocation is not None:
            checkpoints.save_allocation(name, parts.allocation, parts.theta)
        if parts.refiner is not None and refiner is None:
            checkpoints.save(name, "refiner", parts.refiner.state_dict())
        refiner = parts.refiner
        checkpoints.save_training(name, training)
        if not arguments.checkpoints_only:
            described = {**origin, "validation": parts.validation, **training}
            golden = arguments.golden and arguments.golden / f"{name}.npz"
            export.write_model(arguments.out / name, golden, config, name, pruned, trainer, normalization, encoder, decoder, parts, described)
            log(f"wrote {arguments.out / name}")


def run_lanes(configs: list[tuple[Path, dict]], arguments) -> int:
    """Runs the configs in several processes at once, each told the time that is left."""
    processes = []
    for number, lane in enumerate(lanes([config for _, config in configs], arguments.lanes)):
        command = [
            sys.executable, __file__, *(str(configs[place][0]) for place in lane), "--data", arguments.data, "--checkpoints", arguments.checkpoints,
            "--checkpoints-only", "--device", arguments.device, "--lane", number, "--sharing", arguments.lanes,
        ]
        if arguments.eager:
            command.append("--eager")
        command += csi_file.options_of(arguments)
        for option in ("minutes", "batch", "limit", "id"):
            if getattr(arguments, option) is not None:
                command += [f"--{option}", getattr(arguments, option)]
        processes.append(subprocess.Popen([str(part) for part in command]))
    return max(process.wait() for process in processes)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("configs", type=Path, nargs="+", help="the most important first")
    parser.add_argument("--data", type=Path, required=True, help="folder with cost2100-{indoor,outdoor}-{train,val}.npz, or a file of your own")
    parser.add_argument("--id", help="name of the model; default the config's")
    parser.add_argument("--out", type=Path, help="zoo folder; a folder per model is written in it")
    parser.add_argument("--golden", type=Path, help="folder for golden vectors, which the tests of the zoo read")
    parser.add_argument("--limit", type=int, help="train on a subset, for a trial run")
    parser.add_argument("--checkpoints", type=Path, help="folder to keep what is trained in, and to take it from")
    parser.add_argument("--checkpoints-only", action="store_true", help="train and write no models; another run with the same --checkpoints does")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--minutes", type=float, help="train all configs in this time instead of for the epochs they say")
    parser.add_argument("--batch", type=int, help="instead of the config's")
    parser.add_argument("--eager", action="store_true", help="do not capture training steps as CUDA graphs")
    parser.add_argument("--lanes", type=int, default=1, help="processes that share the device")
    parser.add_argument("--lane", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--sharing", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=2)
    csi_file.add_reading_options(parser)
    csi_file.add_link_options(parser)
    arguments = parser.parse_args()
    if arguments.id is not None and len(arguments.configs) > 1:
        parser.error(f"--id is '{arguments.id}' for {len(arguments.configs)} configs: train them one by one")
    if arguments.checkpoints_only and arguments.checkpoints is None:
        parser.error("--checkpoints-only needs --checkpoints FOLDER")
    if not arguments.checkpoints_only and arguments.out is None:
        parser.error("--out is needed to write models; --checkpoints-only trains without")
    if not arguments.checkpoints_only and (arguments.device != "cpu" or arguments.lanes > 1):
        parser.error("models are written on the CPU by one process: train with --checkpoints FOLDER --checkpoints-only, then run again without --device and --lanes")
    if arguments.device != "cpu" and not torch.cuda.is_available():
        parser.error(f"no GPU to be found for --device {arguments.device}")
    return arguments


def device_name(arguments) -> str:
    if arguments.device == "cpu":
        return "one CPU thread" if arguments.threads == 1 else f"{arguments.threads} CPU threads"
    return f"one {torch.cuda.get_device_name()}" + (f" shared by {arguments.sharing} runs" if arguments.sharing > 1 else "")


def config_of(path: Path, arguments) -> dict:
    """A config with what the command line says in place of its name and its link."""
    config = json.loads(path.read_text())
    csi = csi_file.link_of(arguments, config["csi"])
    shape, decoder = (csi["numAntennas"], csi["numDelays"]), config["decoder"]
    if decoder["kind"] == "unrolled":
        if any(size % 2 for size in shape):
            sys.exit(f"{shape[0]} antennas and {shape[1]} delays: the decoder of {config['id']} takes even numbers, set --antennas and --delays")
        decoder = {**decoder, "uplinkRank": min(decoder["uplinkRank"], planes_of(config) * shape[0] * shape[1])}
    return {**config, "id": arguments.id or config["id"], "csi": csi, "decoder": decoder}


def origin_of(path: Path, config: dict, arguments) -> dict:
    """What a manifest says of a model's config and data."""
    own = arguments.data.is_file()
    return {
        "config": f"scripts/train/configs/{path.name}",
        "configSha256": hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest(),
        "seed": config["training"]["seed"],
        "data": arguments.data.name if own else f"COST 2100 {ENVIRONMENTS[config['environment']]}, train split",
    }


def main() -> None:
    arguments = parse()
    started = time.monotonic()
    configs = [(path, config_of(path, arguments)) for path in arguments.configs]
    if arguments.lanes > 1:
        sys.exit(run_lanes(configs, arguments))
    torch.set_num_threads(arguments.threads)
    torch.backends.cudnn.benchmark = True
    arguments.device_name, device = device_name(arguments), torch.device(arguments.device)
    checkpoints = Checkpoints(arguments.checkpoints, f"checkpoints-{arguments.lane}")
    budget = Budget(arguments.minutes and arguments.minutes * 60, [model_weight(config) for _, config in configs], started)
    loaded, failed = {}, False

    for path, config in configs:

        def log(line: str) -> None:
            print(f"[{time.monotonic() - started:7.1f} s] {config['id']}: {line}", flush=True)

        seconds, begun, origin = budget.take(), time.monotonic(), origin_of(path, config, arguments)
        source = (config["environment"], json.dumps(config["csi"]), config["training"].get("samples"))
        try:
            if source not in loaded:
                loaded.clear()
                limit, reading = arguments.limit or source[2], csi_file.reading_of(arguments)
                loaded[source] = dataset.load_splits(arguments.data, config["environment"], config["csi"], device, limit, reading)
            train, val = loaded[source]
            if train.paths is None:
                config["training"]["fadingShare"] = 0
            normalization = Minmax(train.csi) if config["normalization"] == "minmax" else Spherical(config["normalization"], planes_of(config))
            log(f"{len(train)} training and {len(val)} validation samples on {arguments.device_name}")
            trainer = Trainer(config["training"], Split(train, normalization), Split(val, normalization), arguments.batch, arguments.eager, log)
            run(config, trainer, normalization, checkpoints, Budget(seconds, stage_weights(config), begun), origin, arguments, log)
        except Exception:
            # One model's failure must not cost the others their turn; the exit status tells of it.
            failed = True
            log(f"failed: {traceback.format_exc()}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
