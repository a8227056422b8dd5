"""A model that is not the zoo's, for docs/bring-your-own-model.md: CsiNet on magnitudes, without uplink.

    python3 csinet.py --data cost2100-indoor-train.npz --out ../../my-zoo/csinet-mag-m43

Writes encoder.onnx, decoder.onnx and a draft of manifest.json; `edge-csi models complete` makes a model of them.
Network: Wen, Shih, Jin, IEEE WCL 7(5), 2018, one plane in place of two.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import dataset

CSI = {
    "numAntennas": 32, "numDelays": 32, "numSubcarriers": 1024, "bandwidthHz": 20e6,
    "downlinkCarrierHz": 5.3e9, "uplinkCarrierHz": 5.1e9, "timing": "absolute",
}
GAIN = 16.0
"""Entries of a matrix of norm 1 are about 1/32 on average: brought near 1 for the convolutions."""


class Encoder(nn.Module):
    """|H| of norm 1 [N, Nt, Nd] -> latent [N, M]."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2)
        self.dense = nn.Linear(2 * CSI["numAntennas"] * CSI["numDelays"], length)

    def forward(self, magnitude: Tensor) -> Tensor:
        x = functional.leaky_relu(self.norm(self.conv(GAIN * magnitude.unsqueeze(1))), 0.3)
        return self.dense(x.flatten(1))


class RefineNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        widths = (1, 8, 16, 1)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths[1:])
        nn.init.zeros_(self.norms[-1].weight)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(conv(y)) if i == 2 else functional.leaky_relu(norm(conv(y)), 0.3)
        return functional.leaky_relu(x + y, 0.3)


class Decoder(nn.Module):
    """Latent [N, M] -> |H| [N, Nt, Nd]."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.dense = nn.Linear(length, CSI["numAntennas"] * CSI["numDelays"])
        self.refine = nn.Sequential(RefineNet(), RefineNet())
        self.last = nn.Conv2d(1, 1, 3, padding=1)
        nn.init.dirac_(self.last.weight)

    def forward(self, latent: Tensor) -> Tensor:
        x = self.dense(latent).reshape(-1, 1, CSI["numAntennas"], CSI["numDelays"])
        return torch.relu(self.last(self.refine(x))).squeeze(1) / GAIN


def export(module: nn.Module, example: Tensor, source: str, target: str, path: Path) -> None:
    """The names are what edge-csi goes by; the first dimension is any number of samples."""
    torch.onnx.export(
        module.eval(), example, str(path), opset_version=13, input_names=[source], output_names=[target],
        dynamic_axes={source: {0: "batch"}, target: {0: "batch"}},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="path list to train on")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, named like the model")
    parser.add_argument("--length", type=int, default=43, help="components of the codeword")
    parser.add_argument("--samples", type=int, help="train on a subset")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    rng = np.random.default_rng(arguments.seed)
    data = dataset.load(arguments.data, CSI, torch.device("cpu"), arguments.samples)
    x = data.csi.downlink.abs().reshape(-1, CSI["numAntennas"], CSI["numDelays"])
    encoder, decoder = Encoder(arguments.length), Decoder(arguments.length)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=2e-3)
    size, done = 64, 0
    steps = arguments.epochs * (len(x) // size)
    for epoch in range(arguments.epochs):
        errors = []
        order = rng.permutation(len(x))
        for start in range(0, len(order) - size + 1, size):
            optimizer.param_groups[0]["lr"] = 2e-3 * 0.5 * (1 + np.cos(np.pi * done / steps))
            batch = x[order[start : start + size]]
            # About what rounding to five bits will add.
            latent = encoder(batch)
            latent = latent + 0.05 * latent.detach().std(0) * torch.randn_like(latent)
            loss = ((decoder(latent) - batch) ** 2).sum((1, 2)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            errors.append(loss.item())
            done += 1
        print(f"epoch {epoch + 1}: NMSE of |H| {10 * np.log10(np.mean(errors)):.2f} dB", flush=True)
    # What is sent has to be centred: the quantiser's levels are symmetric around zero.
    with torch.no_grad():
        mean = torch.cat([encoder.eval()(part) for part in x.split(1024)]).mean(0)
        encoder.dense.bias -= mean
        decoder.dense.bias += decoder.dense.weight @ mean
    arguments.out.mkdir(parents=True, exist_ok=True)
    export(encoder, x[:2], "magnitude", "latent", arguments.out / "encoder.onnx")
    export(decoder, torch.zeros(2, arguments.length), "latent", "magnitude", arguments.out / "decoder.onnx")
    draft = {
        "schema": "edge-csi/draft@1", "id": arguments.out.name, "family": "csinet", "csi": CSI,
        "normalization": {"kind": "spherical", "scale": {"minDb": -60, "stepDb": 0.375, "bits": 8}},
        "codeword": {"totalBits": 5 * arguments.length}, "reportBits": 16 * arguments.length,
        "files": {"encoder": "encoder.onnx", "decoder": "decoder.onnx"},
        "training": {"seed": arguments.seed, "samples": len(x), "data": arguments.data.name},
    }
    (arguments.out / "manifest.json").write_text(json.dumps(draft, indent=1) + "\n")


if __name__ == "__main__":
    main()
