"""Trains a published network of complex CSI on your own data and makes a model for the link of it.

    python3 autoencoder.py crnet --data DATA_Htrainin.mat --out ../../my-zoo/crnet-m64

Reads any file that edge-csi reads, writes encoder.onnx, decoder.onnx and a draft of manifest.json, and has
`edge-csi models complete` fit the quantiser (docs/training.md).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn

import crnet
import csi_file
import csinet
import dataset
from export import to_onnx
from regression import principal
from schedule import Stage
from trainer import db, round_to_half

NETWORKS = {"csinet": csinet, "crnet": crnet}
GAIN = 16.0
"""Entries of a matrix of norm 1 are about 1/32 on average: brought near 1 for the convolutions."""
NOISE = 0.05
"""About what rounding to five bits adds to a codeword, in deviations of each component."""
BATCH = 32
LEAST_SAMPLES = 16
"""What `edge-csi models complete` takes at least."""


def planes_of(h: Tensor, shape: tuple[int, int]) -> Tensor:
    """Complex [N, Nt*Nd] -> [N, 2, Nt, Nd]."""
    return GAIN * torch.stack([h.real, h.imag], 1).reshape(-1, 2, *shape)


def turned(h: Tensor, generator: torch.Generator) -> Tensor:
    """Every matrix by a phase of its own: a channel's common phase is any."""
    phase = 2 * math.pi * torch.rand(len(h), 1, generator=generator)
    return h * torch.polar(torch.ones_like(phase), phase)


class Autoencoder:
    """A pair of networks and what they are trained by."""

    def __init__(self, network: str, shape: tuple[int, int], length: int, seed: int) -> None:
        self.shape, self.length, self.generator = shape, length, torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        self.encoder, self.decoder = (kind(*shape, length) for kind in (NETWORKS[network].Encoder, NETWORKS[network].Decoder))

    def errors(self, planes: Tensor, noise: float) -> Tensor:
        """Normalised squared error of each sample [N]: of planes of norm GAIN."""
        codeword = self.encoder(planes)
        if noise > 0:
            codeword = codeword + noise * codeword.detach().std(0) * torch.randn(codeword.shape, generator=self.generator)
        return ((self.decoder(codeword) - planes) ** 2).sum((1, 2, 3)) / GAIN**2

    def start(self, h: Tensor) -> None:
        """Dense layers start as the principal components, which are the best that is linear."""
        flat = planes_of(turned(h[:: max(1, len(h) // 4096)], self.generator), self.shape).flatten(1)
        basis = principal(flat, self.length).float()
        with torch.no_grad():
            self.encoder.dense.weight.copy_(basis.T)
            self.decoder.dense.weight.copy_(basis)

    def fit(self, h: Tensor, val: Tensor, epochs: float, rate: float, log) -> None:
        """Trains on complex h [N, Nt*Nd]. The dense layers, large and well started, go at a fifth of the rate."""
        named = [*self.encoder.named_parameters(), *self.decoder.named_parameters()]
        groups = [[p for name, p in named if name.startswith("dense") == dense] for dense in (False, True)]
        rates = [rate, rate / 5]
        optimizer = torch.optim.Adam([{"params": part} for part in groups])
        report, errors = 0.1, []
        for progress, rows in Stage(epochs).batches(len(h), BATCH, self.generator, h.device):
            for group, top in zip(optimizer.param_groups, rates):
                group["lr"] = top * min(1.0, 0.1 + progress * 50) * 0.5 * (1 + math.cos(math.pi * progress))
            loss = self.errors(planes_of(turned(h[rows], self.generator), self.shape), NOISE).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            errors.append(loss.item())
            if progress >= report:
                log(f"{progress:.1f}: NMSE {db(sum(errors) / len(errors)):.2f} dB, held out {self.validate(val):.2f} dB")
                report, errors = progress + 0.1, []

    def validate(self, h: Tensor) -> float:
        """NMSE in dB of a codeword that is not quantised."""
        modules = nn.ModuleList([self.encoder, self.decoder]).eval()
        with torch.no_grad():
            errors = torch.cat([self.errors(planes_of(part, self.shape), 0) for part in h.split(512)])
        modules.train()
        return db(errors.mean().item())

    def write(self, folder: Path, draft: dict) -> None:
        """Writes both networks and the draft of their manifest."""
        folder.mkdir(parents=True, exist_ok=True)
        to_onnx(self.encoder, (torch.zeros(2, 2, *self.shape),), ["planes"], "codeword", folder / "encoder.onnx")
        to_onnx(self.decoder, (torch.zeros(2, self.length),), ["codeword"], "planes", folder / "decoder.onnx")
        (folder / "manifest.json").write_text(json.dumps(draft, indent=1) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--data", type=Path, required=True, help="file to train on, of any kind that edge-csi reads")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, named like the model")
    parser.add_argument("--length", type=int, default=64, help="components of the codeword")
    parser.add_argument("--bits", type=int, help="bits of the codeword; default five a component")
    parser.add_argument("--samples", type=int, help="train on a subset")
    parser.add_argument("--epochs", type=float, default=6)
    parser.add_argument("--rate", type=float, default=5e-3, help="learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    csi_file.add_reading_options(parser)
    csi_file.add_link_options(parser)
    arguments = parser.parse_args()
    csi, length = csi_file.link_of(arguments, csi_file.INDOOR), arguments.length
    size, bits = 2 * csi["numAntennas"] * csi["numDelays"], arguments.bits or 5 * length
    if not 1 <= length <= size:
        parser.error(f"--length is {length}: expected 1 to {size}, two parts of {csi['numAntennas']} antennas x {csi['numDelays']} delays")
    if not length <= bits <= 8 * length:
        parser.error(f"--bits is {bits}: expected {length} to {8 * length}, 1 to 8 for each of {length} components")
    return arguments


def main() -> None:
    arguments, started = parse(), time.monotonic()
    # What would fail once the networks are trained fails now.
    csi_file.edge_csi("models", "complete", "--help", quiet=True)
    torch.set_num_threads(arguments.threads)
    log = lambda line: print(f"[{time.monotonic() - started:7.1f} s] {line}", flush=True)
    csi, reading = csi_file.link_of(arguments, csi_file.INDOOR), csi_file.reading_of(arguments)
    data = dataset.load(arguments.data, csi, torch.device("cpu"), arguments.samples, reading)
    train, val = (part.csi.downlink for part in data.split())
    if len(data) < LEAST_SAMPLES:
        raise SystemExit(f"{arguments.data}: {len(data)} samples, a model takes {LEAST_SAMPLES} or more")
    log(f"{len(train)} samples to train on, {len(val)} held out")
    model = Autoencoder(arguments.network, (csi["numAntennas"], csi["numDelays"]), arguments.length, arguments.seed)
    model.start(train)
    model.fit(train, val, arguments.epochs, arguments.rate, log)
    for module in (model.encoder, model.decoder):
        round_to_half(module)
    options = {"data": arguments.data.name, "length": arguments.length, "epochs": f"{arguments.epochs:g}", "seed": arguments.seed}
    training = {
        "command": " ".join([f"python3 autoencoder.py {arguments.network}", *(f"--{name} {value}" for name, value in options.items())]), "seed": arguments.seed, "data": arguments.data.name,
        "dataSha256": {"train": data.sha256}, "samples": len(train), "epochs": arguments.epochs, "batch": BATCH,
        "validation": {"samples": len(val), "floatNmseDb": round(model.validate(val), 3)},
        "seconds": round(time.monotonic() - started), "device": "one CPU thread" if arguments.threads == 1 else f"{arguments.threads} CPU threads",
    }
    log(f"held out: NMSE {training['validation']['floatNmseDb']} dB")
    model.write(arguments.out, {
        "schema": "edge-csi/draft@1", "id": arguments.out.name, "family": arguments.network, "csi": csi, "planes": "complex",
        "normalization": {"kind": "spherical", "scale": {"minDb": -60, "stepDb": 0.375, "bits": 8}, "gain": GAIN},
        "codeword": {"totalBits": arguments.bits or 5 * arguments.length},
        "files": {"encoder": "encoder.onnx", "decoder": "decoder.onnx"}, "training": training,
    })
    calibration = [part.replace("--uplink", "--calibration-uplink") if part == "--uplink" else part for part in reading]
    csi_file.edge_csi("models", "complete", arguments.out, "--calibration", arguments.data, *calibration)


if __name__ == "__main__":
    main()
