"""Trains a DualNet-MAG pair (pruned and full encoder) and writes two zoo entries.

    python3 train.py configs/dualnet-mag-m43.json --data DIR --out ../../models/zoo --golden ../../test/golden

DIR holds cost2100-indoor-{train,val}.npz. The test split is never read here: its figures come from `edge-csi bench
--suite accuracy`. Both encoders continue from one stem for the same number of steps, so that their difference is the
convolution's and not the budget's.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import codec
import dataset
import export
from dualnet import Decoder, Encoder, Refiner


def db(ratio: float) -> float:
    return 10 * float(np.log10(ratio))


def round_to_half(module: torch.nn.Module) -> None:
    """Rounds the large matrices to float16, as they are stored, so that what is measured is what ships."""
    with torch.no_grad():
        for parameter in module.parameters():
            if export.stored_as_half(parameter):
                parameter.copy_(parameter.half().float())


class Split:
    """Tensors of one split; rows are samples."""

    def __init__(self, data: dataset.CsiDataset) -> None:
        self.csi = data.downlink
        self.norm_db = data.norm_db
        self.magnitude = torch.from_numpy(np.abs(data.downlink))
        self.uplink = torch.from_numpy(data.uplink)

    def __len__(self) -> int:
        return len(self.csi)


class Trainer:
    def __init__(self, config: dict, train: Split, val: Split, log) -> None:
        self.config, self.hyper, self.train, self.val, self.log = config, config["training"], train, val, log
        self.rng = np.random.default_rng(self.hyper["seed"])
        self.scale = config["scale"]

    def initial(self) -> tuple[Encoder, Decoder]:
        """Reduced-rank regression: the encoder keeps the directions of the downlink that the uplink leaves unknown."""
        c, x, u = self.config, self.train.magnitude.numpy(), self.train.uplink.numpy()
        nt, nd, length = c["csi"]["numAntennas"], c["csi"]["numDelays"], c["codewordLength"]
        encoder = Encoder(nt, nd, length, pruned=True)
        decoder = Decoder(nt, nd, length, c["decoder"]["uplinkDense"])
        mean_x, mean_u = x.mean(0), u.mean(0)
        unknown = x - mean_x
        if decoder.uplink_dense is not None:
            unknown = unknown - (u - mean_u) @ codec.ridge(u - mean_u, x - mean_x)
        _, vectors = np.linalg.eigh(np.cov(unknown.T))
        basis = np.ascontiguousarray(vectors[:, ::-1][:, :length]).astype(np.float32)
        latent = (x - mean_x) @ basis
        with torch.no_grad():
            encoder.dense.weight.copy_(torch.from_numpy(basis.T))
            encoder.dense.bias.copy_(torch.from_numpy(-mean_x @ basis))
            if decoder.uplink_dense is None:
                decoder.dense.weight.copy_(torch.from_numpy(basis))
                decoder.dense.bias.copy_(torch.from_numpy(mean_x))
            else:
                solution = codec.ridge(np.hstack([latent, u - mean_u]), x - mean_x)
                decoder.dense.weight.copy_(torch.from_numpy(solution[:length].T))
                decoder.uplink_dense.weight.copy_(torch.from_numpy(solution[length:].T))
                decoder.dense.bias.copy_(torch.from_numpy(mean_x - mean_u @ solution[length:]))
        return encoder, decoder

    def latents(self, encoder: Encoder, split: Split) -> np.ndarray:
        encoder.eval()
        with torch.no_grad():
            return encoder(split.magnitude).numpy()

    def quantize(self, latent: Tensor) -> Tensor:
        """Mid-rise quantiser with a straight-through gradient inside its range, none outside."""
        low = -self.step * self.half
        high = self.step * self.half
        level = torch.floor(latent / self.step).clamp(min=-self.half, max=self.half - 1)
        inside = torch.minimum(torch.maximum(latent, low), high)
        return inside + ((level + 0.5) * self.step - inside).detach()

    def set_steps(self, step: np.ndarray) -> None:
        self.step = torch.from_numpy(step.astype(np.float32))
        self.half = torch.from_numpy((2.0 ** (self.bits - 1)).astype(np.float32))

    def batches(self, epochs: float):
        size = self.hyper["batch"]
        steps, done = int(epochs * len(self.train) / size), 0
        while done < steps:
            order = self.rng.permutation(len(self.train))
            for start in range(0, len(order) - size + 1, size):
                if done == steps:
                    return
                yield done / steps, order[start : start + size]
                done += 1

    def fit(self, encoder: Encoder, decoder: Decoder, epochs: float, final: bool, name: str) -> None:
        """One stretch of training. `final` anneals to zero and freezes encoder and quantiser for its last part."""
        dense = list(decoder.dense.parameters())
        if decoder.uplink_dense is not None:
            dense += list(decoder.uplink_dense.parameters())
        known = {id(p) for p in dense}
        convolutions = [p for p in decoder.parameters() if id(p) not in known]
        rates = [self.hyper["learningRate"], self.hyper["denseLearningRate"], self.hyper["denseLearningRate"]]
        groups = [convolutions, dense, list(encoder.parameters())]
        optimizer = torch.optim.Adam([{"params": p, "lr": lr} for p, lr in zip(groups, rates)])
        frozen, started, error = False, time.time(), []
        for count, (progress, rows) in enumerate(self.batches(epochs)):
            if final and not frozen and progress >= 1 - self.hyper["frozenShare"]:
                frozen = True
                round_to_half(encoder)
                self.set_steps(codec.best_steps(self.latents(encoder, self.train)[::8], self.bits))
                encoder.requires_grad_(False)
                # Without its group, or Adam's momentum would go on moving a frozen encoder.
                del optimizer.param_groups[2:]
            warm = 1.0 if final else min(1.0, 0.1 + progress * 10)
            anneal = 0.5 * (1 + np.cos(np.pi * progress)) if final else 1.0
            for group, lr in zip(optimizer.param_groups, rates):
                group["lr"] = lr * warm * anneal
            encoder.train(not frozen)
            decoder.train()
            x, u = self.train.magnitude[rows], self.train.uplink[rows]
            latent = encoder(x)
            whole = int(len(rows) * self.hyper["floatShare"])
            latent = torch.cat([latent[:whole], self.quantize(latent[whole:])])
            loss = ((decoder(latent, u) - x) ** 2).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            error.append(loss.item())
            if count % 250 == 249:
                rate = (count + 1) * len(rows) / (time.time() - started)
                self.log(f"{name} {progress:.2f} train {db(np.mean(error[-250:])):.2f} dB, {rate:.0f} samples/s")
        self.log(f"{name} val magnitude NMSE {self.magnitude_nmse(encoder, decoder)}")

    def magnitude_nmse(self, encoder: Encoder, decoder: Decoder) -> dict:
        encoder.eval(), decoder.eval()
        with torch.no_grad():
            latent = encoder(self.val.magnitude)
            result = {}
            for key, z in (("float", latent), ("quantized", self.quantize(latent))):
                error = ((decoder(z, self.val.uplink).clamp(min=0) - self.val.magnitude) ** 2).sum(1).mean()
                result[key] = round(db(error.item()), 3)
        return result

    def codes(self, encoder: Encoder, split: Split) -> np.ndarray:
        return codec.centred(self.latents(encoder, split), self.step.numpy(), self.bits)

    def dequantized(self, decoder: Decoder, codes: Tensor, coarse: np.ndarray, theta: int, csi: np.ndarray, uplink: Tensor):
        """What the BS holds before refinement: estimate [N, 2, Nt, Nd], magnitude, bits, uplink [N, Nt, Nd]."""
        shape = (len(csi), self.config["csi"]["numAntennas"], self.config["csi"]["numDelays"])
        with torch.no_grad():
            magnitude = decoder(codes * self.step / 2, uplink).clamp(min=0)
        bits = self.allocation.bits(coarse, theta)
        estimate = magnitude.numpy() * codec.quantized_phasor(csi, bits)
        planes = torch.from_numpy(np.stack([estimate.real, estimate.imag], 1).astype(np.float32))
        return (
            planes.reshape(shape[0], 2, *shape[1:]), magnitude.reshape(shape),
            torch.from_numpy(bits.astype(np.float32)).reshape(shape), uplink.reshape(shape),
        )

    def report_nmse(self, decoder: Decoder, refiner: Refiner | None, codes: np.ndarray, theta: int) -> dict:
        """Complex NMSE of whole reports on the validation split, scale quantised, and their mean payload."""
        coarse = self.allocation.coarse(codes)
        bs = self.dequantized(decoder, torch.from_numpy(codes.astype(np.float32)), coarse, theta, self.val.csi, self.val.uplink)
        with torch.no_grad():
            planes = bs[0] if refiner is None else refiner.eval()(*bs)
        gain = 10 ** ((codec.quantized_norm_db(self.val.norm_db, self.scale["minDb"], self.scale["stepDb"], self.scale["bits"]) - self.val.norm_db) / 20)
        estimate = (planes[:, 0] + 1j * planes[:, 1]).flatten(1).numpy() * gain[:, None]
        bits = float(self.bits.sum() + self.scale["bits"] + self.allocation.bits(coarse, theta).sum(1, dtype=np.int64).mean())
        return {"nmseDb": round(db((np.abs(estimate - self.val.csi) ** 2).sum(1).mean()), 3), "payloadBits": round(bits, 1)}

    def fit_refiner(self, decoder: Decoder, codes: np.ndarray, theta: int, name: str) -> Refiner:
        refiner = Refiner(self.config["refiner"]["width"], self.config["refiner"]["blocks"])
        decoder.eval()
        peak = self.hyper["refinerLearningRate"]
        optimizer = torch.optim.Adam(refiner.parameters(), lr=peak)
        inputs, started, error = torch.from_numpy(codes.astype(np.float32)), time.time(), []
        for count, (progress, rows) in enumerate(self.batches(self.hyper["refinerEpochs"])):
            optimizer.param_groups[0]["lr"] = peak * min(1.0, 0.05 + progress * 20) * 0.5 * (1 + np.cos(np.pi * progress))
            # Half of the batches see another rate, so that one refiner serves the whole range of the theta knob.
            used = theta if count % 2 else max(1, int(theta * 2 ** self.rng.uniform(-1.5, 1.5)))
            bs = self.dequantized(decoder, inputs[rows], self.allocation.coarse(codes[rows]), used, self.train.csi[rows], self.train.uplink[rows])
            truth = self.train.csi[rows]
            target = torch.from_numpy(np.stack([truth.real, truth.imag], 1)).reshape(bs[0].shape)
            loss = ((refiner.train()(*bs) - target) ** 2).sum((1, 2, 3)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            error.append(loss.item())
            if count % 250 == 249:
                rate = (count + 1) * len(rows) / (time.time() - started)
                self.log(f"{name} refiner {progress:.2f} train {db(np.mean(error[-250:])):.2f} dB, {rate:.0f} samples/s")
        return refiner

    def finish(self, encoder: Encoder, decoder: Decoder, name: str):
        """Allocation matrix and theta for a trained pair, then its refiner."""
        round_to_half(decoder)
        train_codes, val_codes = self.codes(encoder, self.train), self.codes(encoder, self.val)
        self.allocation = codec.PhaseAllocation.fit(train_codes, self.train.magnitude.numpy(), self.config["maxPhaseBits"])
        phase_bits = self.config["reportBits"] - self.bits.sum() - self.scale["bits"]
        theta = self.allocation.theta_for(self.allocation.coarse(val_codes), phase_bits)
        plain = self.report_nmse(decoder, None, val_codes, theta)
        self.log(f"{name} theta {theta}, reports without refiner {plain}")
        refiner = self.fit_refiner(decoder, train_codes, theta, name)
        refined = self.report_nmse(decoder, refiner, val_codes, theta)
        self.log(f"{name} reports with refiner {refined}")
        validation = {"magnitudeNmseDb": self.magnitude_nmse(encoder, decoder), "withoutRefiner": plain, "report": refined}
        return theta, refiner, validation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder with cost2100-indoor-{train,val}.npz")
    parser.add_argument("--out", type=Path, required=True, help="zoo folder; <id>/ and <id>-full/ are written in it")
    parser.add_argument("--golden", type=Path, required=True, help="folder for the golden vectors")
    parser.add_argument("--limit", type=int, help="train on a subset, for a trial run")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    config = json.loads(arguments.config.read_text())
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(config["training"]["seed"])
    started = time.time()

    def log(line: str) -> None:
        print(f"[{time.time() - started:7.1f} s] {config['id']}: {line}", flush=True)

    csi = config["csi"]
    sizes = (csi["downlinkCarrierHz"], csi["uplinkCarrierHz"], csi["numAntennas"], csi["numDelays"])
    splits = {
        name: dataset.load(arguments.data / f"cost2100-indoor-{name}.npz", *sizes, limit=arguments.limit if name == "train" else None)
        for name in ("train", "val")
    }
    log(f"{len(splits['train'])} training and {len(splits['val'])} validation samples")
    trainer = Trainer(config, Split(splits["train"]), Split(splits["val"]), log)
    stem_encoder, stem_decoder = trainer.initial()
    latent = trainer.latents(stem_encoder, trainer.train)[::8]
    weight = (stem_decoder.dense.weight.detach().numpy() ** 2).sum(0)
    trainer.bits, step = codec.allocate_codeword_bits(latent, weight, config["codewordBits"])
    trainer.set_steps(step)
    log(f"start: val magnitude NMSE {trainer.magnitude_nmse(stem_encoder, stem_decoder)}")
    trainer.fit(stem_encoder, stem_decoder, config["training"]["stemEpochs"], False, "stem")

    for pruned in (True, False):
        name = config["id"] if pruned else f"{config['id']}-full"
        trainer.set_steps(step)
        encoder = Encoder(csi["numAntennas"], csi["numDelays"], config["codewordLength"], pruned)
        encoder.start_as_identity(trainer.train.magnitude)
        encoder.dense.load_state_dict(stem_encoder.dense.state_dict())
        decoder = copy.deepcopy(stem_decoder)
        trainer.fit(encoder, decoder, config["training"]["forkEpochs"], True, name)
        theta, refiner, validation = trainer.finish(encoder, decoder, name)
        seconds = round(time.time() - started)
        export.write_model(
            arguments.out / name, arguments.golden / f"{name}.npz", config, name, pruned, trainer, encoder, decoder, refiner, theta,
            {"validation": validation, "secondsOnCpu": seconds, "dataSha256": {k: s.sha256 for k, s in splits.items()}, "samples": len(splits["train"])},
        )
        log(f"wrote {arguments.out / name}")


if __name__ == "__main__":
    main()
