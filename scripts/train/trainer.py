"""Joint training of encoder and decoder with the quantiser in the loop."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor, nn

import codec
from normalization import Split


def db(ratio: float) -> float:
    return 10 * float(np.log10(ratio))


def stored_as_half(parameter: Tensor) -> bool:
    """Matrices big enough to matter are stored as float16 and cast back when the session loads."""
    return parameter.ndim == 2 and parameter.numel() >= 4096


def round_to_half(module: nn.Module) -> None:
    """Rounds the large matrices to float16, as they are stored, so that what is measured is what ships."""
    with torch.no_grad():
        for parameter in module.parameters():
            if stored_as_half(parameter):
                parameter.copy_(parameter.half().float())


class Quantizer:
    """Mid-rise quantiser of a latent [N, M]: bits and step of each component."""

    def __init__(self, bits: np.ndarray, step: np.ndarray) -> None:
        self.bits, self.step = bits, torch.from_numpy(step.astype(np.float32))

    def _at(self, truncation: int) -> tuple[Tensor, Tensor]:
        """Step and half the number of levels once `truncation` least significant bits are dropped; one bit stays."""
        dropped = np.minimum(truncation, self.bits - 1)
        return self.step * torch.from_numpy(2.0**dropped).float(), torch.from_numpy(2.0 ** (self.bits - dropped - 1)).float()

    def cell(self, truncation: int) -> Tensor:
        """Half the width of a cell [M]."""
        return self._at(truncation)[0] / 2

    def __call__(self, latent: Tensor, truncation: int) -> Tensor:
        """Quantised latent, with a straight-through gradient inside the range and none outside."""
        step, half = self._at(truncation)
        level = torch.minimum(torch.maximum(torch.floor(latent / step), -half), half - 1)
        inside = torch.minimum(torch.maximum(latent, -step * half), step * half)
        return inside + ((level + 0.5) * step - inside).detach()


UNQUANTIZED = -1
"""In place of a truncation: the codeword as it is."""


class Trainer:
    def __init__(self, hyper: dict, train: Split, val: Split, log) -> None:
        self.hyper, self.train, self.val, self.log = hyper, train, val, log
        self.rng = np.random.default_rng(hyper["seed"])
        self.quantizer: Quantizer | None = None
        # A quarter of every batch stays unquantised, another has dropped bits: one decoder for every setting of that knob.
        self.rates = [(UNQUANTIZED, 0.25, 0.25), (0, 0.5, 0.55), (1, 0.125, 0.1), (2, 0.125, 0.1)]

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

    def decode(self, encoder: nn.Module | None, decoder: nn.Module, latent: Tensor | None, u: Tensor, truncation: int) -> Tensor:
        if latent is None:
            return decoder(None, None, u, None)
        if truncation == UNQUANTIZED:
            return decoder(latent, torch.zeros_like(latent), u, encoder)
        return decoder(self.quantizer(latent, truncation), self.quantizer.cell(truncation).expand_as(latent), u, encoder)

    def batch_errors(self, encoder: nn.Module | None, decoder: nn.Module, rows: np.ndarray) -> list[Tensor]:
        """Mean normalised squared error of each rate's share of a batch."""
        x, u, weight = self.train.x[rows], self.train.u[rows], self.train.weight[rows]
        if encoder is None:
            return [(((decoder(None, None, u, None) - x) ** 2).sum(1) * weight).mean()]
        latent = encoder(x)
        quantized, cells, edges = [], [], [0]
        for truncation, share, _ in self.rates:
            edges.append(edges[-1] + int(len(rows) * share))
            part = latent[edges[-2] : edges[-1]]
            exact = truncation == UNQUANTIZED
            quantized.append(part if exact else self.quantizer(part, truncation))
            cells.append(torch.zeros_like(part) if exact else self.quantizer.cell(truncation).expand_as(part))
        error = ((decoder(torch.cat(quantized), torch.cat(cells), u, encoder) - x) ** 2).sum(1) * weight
        return [error[a:b].mean() for a, b in zip(edges, edges[1:])]

    def fit(self, encoder: nn.Module | None, decoder: nn.Module, epochs: float, final: bool, name: str) -> None:
        """One stretch of training. `final` anneals to zero and freezes encoder and quantiser for its last part."""
        dense = decoder.dense_parameters()
        known = {id(p) for p in dense}
        groups = [[p for p in decoder.parameters() if id(p) not in known], dense]
        rates = [self.hyper["learningRate"], self.hyper["denseLearningRate"]]
        if encoder is not None:
            groups, rates = [*groups, list(encoder.parameters())], [*rates, self.hyper["denseLearningRate"]]
        optimizer = torch.optim.Adam([{"params": p, "lr": lr} for p, lr in zip(groups, rates)])
        frozen, started, log_every = encoder is None, time.time(), 200
        weights = [1.0] if encoder is None else [w for _, _, w in self.rates]
        # Errors of all rates count alike in dB: each is taken relative to where it stands.
        level: list[float] | None = None
        for count, (progress, rows) in enumerate(self.batches(epochs)):
            if final and not frozen and progress >= 1 - self.hyper["frozenShare"]:
                frozen = True
                round_to_half(encoder)
                self.quantizer = Quantizer(self.quantizer.bits, codec.best_steps(self.latents(encoder, self.train)[::8], self.quantizer.bits))
                encoder.requires_grad_(False)
                # Without its group, or Adam's momentum would go on moving a frozen encoder.
                del optimizer.param_groups[2:]
            warm = 1.0 if final else min(1.0, 0.1 + progress * 10)
            anneal = 0.5 * (1 + np.cos(np.pi * progress)) if final else 1.0
            for group, lr in zip(optimizer.param_groups, rates):
                group["lr"] = lr * warm * anneal
            if encoder is not None:
                encoder.train(not frozen)
            decoder.train()
            errors = self.batch_errors(encoder, decoder, rows)
            values = [e.item() for e in errors]
            level = values if level is None else [0.98 * a + 0.02 * b for a, b in zip(level, values)]
            loss = sum(w * e / a for w, e, a in zip(weights, errors, level))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if count % log_every == log_every - 1:
                rate = (count + 1) * len(rows) / (time.time() - started)
                self.log(f"{name} {progress:.2f} train {' '.join(f'{db(a):.2f}' for a in level)} dB, {rate:.0f} samples/s")
        self.log(f"{name} val NMSE {self.validate(encoder, decoder)}")

    def latents(self, encoder: nn.Module, split: Split) -> np.ndarray:
        encoder.eval()
        with torch.no_grad():
            return encoder(split.x).numpy()

    def validate(self, encoder: nn.Module | None, decoder: nn.Module) -> dict:
        """NMSE in dB of the network's own output (perfect phase) on the validation split."""
        decoder.eval()
        if encoder is not None:
            encoder.eval()
        split, result = self.val, {}
        keys = {"uplinkOnly": 0} if encoder is None else {"float": UNQUANTIZED, "quantized": 0, "truncated1": 1, "truncated2": 2}
        floor = 0.5 if getattr(decoder, "sigmoid", False) else 0.0
        with torch.no_grad():
            for key, truncation in keys.items():
                error = []
                for start in range(0, len(split), 256):
                    rows = slice(start, start + 256)
                    latent = None if encoder is None else encoder(split.x[rows])
                    output = self.decode(encoder, decoder, latent, split.u[rows], truncation).clamp(min=floor)
                    error.append(((output - split.x[rows]) ** 2).sum(1) * split.weight[rows])
                result[key] = round(db(torch.cat(error).mean().item()), 3)
        return result
