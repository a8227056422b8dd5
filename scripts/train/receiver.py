"""The BS after the decoder: phase allocation, theta, and the refiner, which corrects the complex matrix."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import codec
from cuda_graph import CapturedStep
from divergence import DivergenceGuard
from normalization import Batch, Minmax, Spherical, Split
from optimizer import Optimizer
from refiner import Refiner
from schedule import Stage
from trainer import BestWeights, Trainer, db

GROUPS = 4
"""Parts of a refiner's batch. The first half sees the nominal setting of the two run-time knobs, each other part one of its own."""


@dataclass(frozen=True)
class ReceiverParts:
    """What a model has beside its encoder and decoder; None where it has none."""

    allocation: codec.PhaseAllocation | None
    theta: int
    refiner: Refiner | None
    validation: dict


class Receiver:
    """The BS up to the refiner: codeword integers and true CSI (for its phases or signs) to a dequantised estimate.

    truncation and theta are one for all samples, or [N].
    """

    def __init__(self, trainer: Trainer, normalization: Spherical | Minmax, encoder: nn.Module, decoder: nn.Module, allocation, shape) -> None:
        self.trainer, self.normalization, self.encoder, self.decoder = trainer, normalization, encoder, decoder
        self.allocation, self.shape = allocation, shape

    def magnitudes(self, batch: Batch, codes: Tensor, truncation: Tensor | int) -> Tensor:
        """Decoded magnitudes, or |Re| and |Im|, relative to the norm [N, planes*Nt*Nd]."""
        quantizer = self.trainer.quantizer
        latent = codes.float() * quantizer.step / 2
        output = self.decoder(latent, quantizer.cell(truncation).expand_as(latent), batch.u, self.encoder)
        return self.normalization.relative(output, batch.csi.downlink_db)

    def receive(self, batch: Batch, truncation: Tensor | int, theta: Tensor | int) -> tuple[Tensor, Tensor | None, Tensor, Tensor | None]:
        """What the refiner sees: estimate [N, 2, Nt, Nd], magnitude, bits and uplink magnitude [N, Nt, Nd]; bits is [N, 2*Nt*Nd] for signs."""
        with torch.no_grad():
            quantizer, csi = self.trainer.quantizer, batch.csi.downlink
            dropped = truncation.unsqueeze(1) if isinstance(truncation, Tensor) else truncation
            codes = codec.truncated(quantizer.codes(self.encoder(batch.x)), quantizer.bits, dropped)
            magnitude, bits = self.magnitudes(batch, codes, dropped), self.allocation.bits(self.allocation.coarse(codes), theta)
            if magnitude.shape[1] == csi.shape[1]:
                estimate = magnitude * codec.quantized_phasor(csi, bits)
                planes = torch.stack([estimate.real, estimate.imag], 1)
            else:
                planes = (torch.cat([csi.real.sign(), csi.imag.sign()], 1) * magnitude).masked_fill(bits == 0, 0)
            estimate = planes.reshape(-1, 2, *self.shape)
            if magnitude.shape[1] != csi.shape[1]:
                return estimate, None, bits, None
            magnitude, bits, uplink = (m.float().reshape(-1, *self.shape) for m in (magnitude, bits, batch.csi.uplink.abs()))
            return estimate, magnitude, bits, uplink

    def report_nmse(self, split: Split, theta: int, refiner: Refiner | None) -> dict:
        """Complex NMSE of whole reports, scale quantised, and their mean payload."""
        errors, bits = [], 0.0
        for start in range(0, len(split), 512):
            batch = split.rows(slice(start, start + 512))
            received = self.receive(batch, 0, theta)
            with torch.no_grad():
                estimate = received[0] if refiner is None else refiner.eval()(*received)
            estimate = estimate.flatten(2) * self.normalization.gain(batch.csi.downlink_db).reshape(-1, 1, 1)
            errors.append(((estimate - target_of(batch).flatten(2)) ** 2).sum((1, 2)))
            bits += received[2].sum().item()
        payload = self.trainer.quantizer.bits.sum().item() + self.normalization.scale_bits + bits / len(split)
        return {"nmseDb": round(db(torch.cat(errors).mean().item()), 3), "payloadBits": round(payload, 1)}


def target_of(batch: Batch) -> Tensor:
    """True CSI as real and imaginary part [N, 2, Nt*Nd]."""
    return torch.stack([batch.csi.downlink.real, batch.csi.downlink.imag], 1)


def fit_refiner(config: dict, trainer: Trainer, receiver: Receiver, theta: int, stage: Stage, name: str) -> Refiner:
    spec, hyper = config["refiner"], trainer.hyper
    refiner = Refiner(spec["width"], spec["blocks"]).to(trainer.device)
    optimizer = Optimizer([list(refiner.parameters())], [hyper["refinerLearningRate"]])
    parts = min(GROUPS, trainer.batch)
    nominal = torch.arange(parts, device=trainer.device) < parts / 2
    gain_db = torch.zeros((), device=trainer.device)

    def train_on(rows: Tensor) -> Tensor:
        batch = trainer.train.faded(rows, trainer.fading_share)
        part = torch.arange(len(rows), device=rows.device) * parts // len(rows)
        # One refiner serves every setting of the two run-time knobs.
        drawn = torch.rand(2, parts, device=rows.device)
        thetas = (theta * torch.exp2(3 * drawn[0] - 1.5)).clamp(min=1).masked_fill(nominal, theta).long()
        truncations = torch.floor(3 * drawn[1]).masked_fill(nominal, 0).long()
        received = receiver.receive(batch, truncations[part], thetas[part])
        target = target_of(batch).reshape(received[0].shape)
        errors = [((e - target) ** 2).sum((1, 2, 3)) for e in (refiner(*received), received[0])]
        left, before = (torch.zeros(parts, device=rows.device).index_add(0, part, e) for e in errors)
        # Relative to what there is to correct, or the coarse settings' errors would drown the fine ones'.
        loss = (left / before).mean()
        optimizer.minimize(loss)
        with torch.no_grad():
            gained = -10 * torch.log10(loss)
            gain_db.copy_(torch.where(gain_db == 0, gained, 0.98 * gain_db + 0.02 * gained))
        return gain_db

    step, best, report, logged, seen = CapturedStep(train_on, f"{name} refiner", trainer.eager, trainer.log), BestWeights(refiner), 0.2, time.monotonic(), trainer.samples_seen
    guard = DivergenceGuard([refiner], optimizer, lambda line: trainer.log(f"{name} refiner: {line}"))
    refiner.train()
    for progress, rows in trainer.batches(stage):
        optimizer.scale(guard.factor * min(1.0, 0.05 + progress * 20) * 0.5 * (1 + math.cos(math.pi * progress)))
        step(rows)
        if guard.due and guard.check(-gain_db.item()):
            gain_db.zero_()
        if progress >= report:
            speed = (trainer.samples_seen - seen) / (time.monotonic() - logged)
            validation = receiver.report_nmse(trainer.val, theta, refiner)
            best.offer({"report": validation["nmseDb"]}, refiner)
            refiner.train()
            trainer.log(f"{name} refiner {progress:.2f} train gains {gain_db.item():.2f} dB, val {validation['nmseDb']} dB, {speed:.0f} samples/s")
            report, logged, seen = progress + 0.2, time.monotonic(), trainer.samples_seen
    best.offer({"report": receiver.report_nmse(trainer.val, theta, refiner)["nmseDb"]}, refiner)
    best.restore(refiner)
    return refiner


def allocate(config: dict, trainer: Trainer, normalization, encoder: nn.Module) -> tuple[codec.PhaseAllocation, int]:
    """Phase allocation of a trained encoder, and the theta that fills the config's report on the validation split."""
    codes, val = (trainer.quantizer.codes(trainer.latents(encoder, s)) for s in (trainer.train, trainer.val))
    # The allocation's own fit sees magnitudes relative to the norm as the encoder does: both ends know no other.
    allocation = codec.PhaseAllocation.fit(codes, trainer.train.all.x - normalization.floor, config["maxPhaseBits"])
    phase_bits = config["reportBits"] - trainer.quantizer.bits.sum().item() - normalization.scale_bits
    return allocation, allocation.theta_for(allocation.coarse(val), phase_bits)


def fit_receiver(
    config: dict, trainer: Trainer, normalization, encoder: nn.Module | None, decoder: nn.Module, name: str, refiner: Refiner | None,
    allocated: tuple[codec.PhaseAllocation, int] | None, stage: Stage,
) -> ReceiverParts:
    """What a trained pair lacks: allocation and theta where none are given, and its refiner where the config asks for one."""
    validation = {"outputNmseDb": trainer.validate(encoder, decoder)}
    if encoder is None:
        return ReceiverParts(None, 0, None, validation)
    allocation, theta = allocated or allocate(config, trainer, normalization, encoder)
    shape = config["csi"]["numAntennas"], config["csi"]["numDelays"]
    receiver = Receiver(trainer, normalization, encoder.eval(), decoder.eval().requires_grad_(False), allocation, shape)
    validation["withoutRefiner"] = receiver.report_nmse(trainer.val, theta, None)
    trainer.log(f"{name} theta {theta}, reports without refiner {validation['withoutRefiner']}")
    if config["refiner"] is not None:
        refiner = refiner or fit_refiner(config, trainer, receiver, theta, stage, name)
        validation["report"] = receiver.report_nmse(trainer.val, theta, refiner)
        trainer.log(f"{name} reports with refiner {validation['report']}")
    return ReceiverParts(allocation, theta, refiner if config["refiner"] is not None else None, validation)
