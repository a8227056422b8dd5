"""Joint training of encoder and decoder with the quantiser in the loop."""

from __future__ import annotations

import copy
import math
import time

import torch
from torch import Tensor, nn

import codec
from cuda_graph import CapturedStep
from divergence import DivergenceGuard
from normalization import Batch, Split
from optimizer import Optimizer
from schedule import Stage

VALIDATE_EVERY_S = 2.0
"""Seconds between validations in search of the best weights, on a GPU; elsewhere they would cost more than they find."""


def db(ratio: float) -> float:
    """NaN for what is no ratio."""
    return 10 * math.log10(ratio) if ratio > 0 else math.nan


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
    """Mid-rise quantiser of a latent [N, M]: bits and step of each component. A truncation is one, or [N, 1]."""

    def __init__(self, bits: Tensor, step: Tensor) -> None:
        self.bits, self.step = bits, step.float()

    def _at(self, truncation: Tensor | int) -> tuple[Tensor, Tensor]:
        """Step and half the number of levels once `truncation` least significant bits are dropped; one bit stays."""
        dropped = torch.minimum(self.bits - 1, torch.zeros_like(self.bits) + truncation)
        return self.step * 2**dropped, (2 ** (self.bits - dropped - 1)).float()

    def cell(self, truncation: Tensor | int) -> Tensor:
        """Half the width of a cell [M]."""
        return self._at(truncation)[0] / 2

    def __call__(self, latent: Tensor, truncation: Tensor | int) -> Tensor:
        """Quantised latent, with a straight-through gradient inside the range and none outside."""
        step, half = self._at(truncation)
        level = torch.minimum(torch.maximum(torch.floor(latent / step), -half), half - 1)
        inside = torch.minimum(torch.maximum(latent, -step * half), step * half)
        return inside + ((level + 0.5) * step - inside).detach()

    def codes(self, latent: Tensor) -> Tensor:
        """Centred integers [N, M]."""
        return codec.centred(latent, self.step, self.bits)


UNQUANTIZED = -1
"""In place of a truncation: the codeword as it is."""


class Trainer:
    """hyper: the config's `training`; batch: instead of its own, at the same rates. eager: steps are not captured on a GPU."""

    def __init__(self, hyper: dict, train: Split, val: Split, batch: int | None, eager: bool, log) -> None:
        self.hyper, self.train, self.val, self.log = hyper, train, val, log
        self.batch = batch or hyper["batch"]
        self.eager = eager
        self.fading_share = hyper.get("fadingShare", 0)
        self.generator, self.device = torch.Generator().manual_seed(hyper["seed"]), train.all.x.device
        self.samples_seen = 0
        self.quantizer: Quantizer | None = None
        # A quarter of every batch stays unquantised, another has dropped bits: one decoder for every setting of that knob.
        self.rates = [(UNQUANTIZED, 0.25, 0.25), (0, 0.5, 0.55), (1, 0.125, 0.1), (2, 0.125, 0.1)]

    def batches(self, stage: Stage):
        for progress, rows in stage.batches(len(self.train), self.batch, self.generator, self.device):
            self.samples_seen += len(rows)
            yield progress, rows

    def decode(self, encoder: nn.Module | None, decoder: nn.Module, latent: Tensor | None, u: Tensor, truncation: int) -> Tensor:
        if latent is None:
            return decoder(None, None, u, None)
        if truncation == UNQUANTIZED:
            return decoder(latent, torch.zeros_like(latent), u, encoder)
        return decoder(self.quantizer(latent, truncation), self.quantizer.cell(truncation).expand_as(latent), u, encoder)

    def batch_errors(self, encoder: nn.Module | None, decoder: nn.Module, batch: Batch) -> Tensor:
        """Mean normalised squared error of each rate's share of a batch."""
        x, u, weight = batch.x, batch.u, batch.weight
        if encoder is None:
            return (((decoder(None, None, u, None) - x) ** 2).sum(1) * weight).mean().reshape(1)
        latent = encoder(x)
        quantized, cells, edges = [], [], [0]
        for truncation, share, _ in self.rates:
            edges.append(edges[-1] + int(len(x) * share))
            part = latent[edges[-2] : edges[-1]]
            exact = truncation == UNQUANTIZED
            quantized.append(part if exact else self.quantizer(part, truncation))
            cells.append(torch.zeros_like(part) if exact else self.quantizer.cell(truncation).expand_as(part))
        used = edges[-1]
        error = ((decoder(torch.cat(quantized), torch.cat(cells), u[:used], encoder) - x[:used]) ** 2).sum(1) * weight[:used]
        return torch.stack([error[a:b].mean() for a, b in zip(edges, edges[1:])])

    def fit(self, encoder: nn.Module | None, decoder: nn.Module, stage: Stage, final: bool, name: str) -> None:
        """One stage of training; an encoder that requires no gradient stays as it is, and its quantiser. `final` anneals to zero, freezes encoder and quantiser for its last part and keeps the
        weights that were best on the validation split in it."""
        dense = decoder.dense_parameters()
        known = {id(p) for p in dense}
        groups = [[p for p in decoder.parameters() if id(p) not in known], dense]
        rates = [self.hyper[key] for key in ("learningRate", "denseLearningRate")]
        frozen = encoder is None or not encoder.dense.weight.requires_grad
        if not frozen:
            groups, rates = [*groups, list(encoder.parameters())], [*rates, rates[1]]
        optimizer = Optimizer(groups, rates)
        weights = torch.tensor([1.0] if encoder is None else [w for _, _, w in self.rates], device=self.device)
        level = torch.zeros_like(weights)

        def train_on(rows: Tensor) -> Tensor:
            errors = self.batch_errors(encoder, decoder, self.train.faded(rows, self.fading_share))
            with torch.no_grad():
                level.copy_(torch.where(level == 0, errors, 0.98 * level + 0.02 * errors))
            # Errors of all rates count alike in dB; and a bad batch, whose errors are large, pulls no harder than others.
            optimizer.minimize((weights * errors.log()).sum())
            return level

        def train_mode() -> None:
            decoder.train()
            if encoder is not None:
                encoder.train(not frozen)

        step = CapturedStep(train_on, name, self.eager, self.log)
        best = BestWeights(decoder)
        guard = DivergenceGuard([decoder] if frozen else [decoder, encoder], optimizer, lambda line: self.log(f"{name} {line}"))
        report, logged, validated = 0.1, time.monotonic(), time.monotonic()
        seen = self.samples_seen
        train_mode()
        for progress, rows in self.batches(stage):
            if final and not frozen and progress >= 1 - self.hyper["frozenShare"]:
                frozen = True
                self.freeze(encoder)
                optimizer.drop_groups(2)
                step = CapturedStep(train_on, f"{name}, encoder frozen", self.eager, self.log)
                guard = guard.narrowed_to([decoder])
                train_mode()
            warm = min(1.0, 0.1 + progress * 10)
            anneal = 0.5 * (1 + math.cos(math.pi * progress)) if final else 1.0
            optimizer.scale(guard.factor * warm * anneal)
            step(rows)
            if guard.due and guard.check(sum(w * db(v) for w, v in zip(weights.tolist(), level.tolist()))):
                level.zero_()
            if progress >= report:
                speed = (self.samples_seen - seen) / (time.monotonic() - logged)
                self.log(f"{name} {progress:.2f} train {' '.join(f'{db(v):.2f}' for v in level.tolist())} dB, {speed:.0f} samples/s")
                report, logged, seen = progress + 0.1, time.monotonic(), self.samples_seen
            if final and frozen and progress > 0.8 and self.device.type == "cuda" and time.monotonic() - validated >= VALIDATE_EVERY_S:
                best.offer(self.validate(encoder, decoder), decoder)
                validated = time.monotonic()
                train_mode()
        if final:
            # Where a stage was too short to get there.
            if not frozen:
                self.freeze(encoder)
            best.offer(self.validate(encoder, decoder), decoder)
            best.restore(decoder)
        validation = best.validation if final else self.validate(encoder, decoder)
        self.log(f"{name} val NMSE {validation}, {self.samples_seen / len(self.train):.1f} epochs so far")

    def freeze(self, encoder: nn.Module) -> None:
        """Encoder and quantiser as they ship: the decoder's last part of training is with these."""
        round_to_half(encoder)
        self.quantizer = Quantizer(self.quantizer.bits, codec.best_steps(self.latents(encoder, self.train)[::8], self.quantizer.bits))
        encoder.requires_grad_(False)

    def latents(self, encoder: nn.Module, split: Split) -> Tensor:
        encoder.eval()
        with torch.no_grad():
            return torch.cat([encoder(split.all.x[start : start + 4096]) for start in range(0, len(split), 4096)])

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
                for start in range(0, len(split), 512):
                    part = split.rows(slice(start, start + 512))
                    latent = None if encoder is None else encoder(part.x)
                    output = self.decode(encoder, decoder, latent, part.u, truncation).clamp(min=floor)
                    error.append(((output - part.x) ** 2).sum(1) * part.weight)
                result[key] = round(db(torch.cat(error).mean().item()), 3)
        return result


class BestWeights:
    """A module's weights where the validation error, in dB and averaged over the rates, was least."""

    def __init__(self, module: nn.Module) -> None:
        self.score, self.validation, self.state = math.inf, {}, module.state_dict()

    def offer(self, validation: dict, module: nn.Module) -> None:
        score = sum(validation.values()) / len(validation)
        if score < self.score:
            self.score, self.validation, self.state = score, validation, copy.deepcopy(module.state_dict())

    def restore(self, module: nn.Module) -> None:
        module.load_state_dict(self.state)
