"""What follows encoder and decoder: phase allocation, theta, and the refiner, which corrects the complex matrix."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

import codec
from normalization import Minmax, Spherical, Split, planes_of
from refiner import Refiner
from trainer import Trainer, db, round_to_half


@dataclass(frozen=True)
class Finished:
    """The parts of a model beside its encoder and decoder; None where it has none."""

    allocation: codec.PhaseAllocation | None
    theta: int
    refiner: Refiner | None
    validation: dict


class Receiver:
    """The BS up to the refiner: codeword integers and true CSI (for its phases or signs) to a dequantised estimate."""

    def __init__(self, trainer: Trainer, normalization: Spherical | Minmax, encoder: nn.Module, decoder: nn.Module, allocation, shape) -> None:
        self.trainer, self.normalization, self.encoder, self.decoder = trainer, normalization, encoder, decoder
        self.allocation, self.shape = allocation, shape

    def magnitudes(self, split: Split, codes: np.ndarray, truncation: int, rows: np.ndarray) -> np.ndarray:
        """Decoded magnitudes, or |Re| and |Im|, relative to the norm [N, planes*Nt*Nd]."""
        quantizer = self.trainer.quantizer
        latent = torch.from_numpy(codes.astype(np.float32)) * quantizer.step / 2
        with torch.no_grad():
            output = self.decoder(latent, quantizer.cell(truncation).expand_as(latent), split.u[rows], self.encoder)
        return self.normalization.relative(output, split.norm_db[rows])

    def receive(self, split: Split, codes: np.ndarray, truncation: int, theta: int, rows: np.ndarray):
        """What the refiner sees: estimate [N, 2, Nt, Nd], magnitude, bits and uplink magnitude [N, Nt, Nd]; bits is [N, 2*Nt*Nd] for signs."""
        magnitude, bits = self.magnitudes(split, codes, truncation, rows), self.allocation.bits(self.allocation.coarse(codes), theta)
        csi = split.csi[rows]
        if magnitude.shape[1] == csi.shape[1]:
            estimate = magnitude * codec.quantized_phasor(csi, bits)
            planes = np.stack([estimate.real, estimate.imag], 1)
        else:
            planes = np.where(bits > 0, np.hstack([np.sign(csi.real), np.sign(csi.imag)]) * magnitude, 0)
        estimate = torch.from_numpy(planes.astype(np.float32)).reshape(-1, 2, *self.shape)
        if magnitude.shape[1] != csi.shape[1]:
            return estimate, None, torch.from_numpy(bits), None
        maps = (torch.from_numpy(m.astype(np.float32)).reshape(-1, *self.shape) for m in (magnitude, bits, np.abs(split.uplink_csi[rows])))
        return (estimate, *maps)

    def report_nmse(self, split: Split, codes: np.ndarray, theta: int, refiner: Refiner | None) -> dict:
        """Complex NMSE of whole reports, scale quantised, and their mean payload."""
        errors, bits = [], 0
        for start in range(0, len(split), 256):
            rows = np.arange(start, min(start + 256, len(split)))
            received = self.receive(split, codes[rows], 0, theta, rows)
            with torch.no_grad():
                estimate = received[0] if refiner is None else refiner.eval()(*received)
            estimate = (estimate[:, 0] + 1j * estimate[:, 1]).flatten(1).numpy() * self.normalization.gain(split.norm_db[rows])[:, None]
            errors.append((np.abs(estimate - split.csi[rows]) ** 2).sum(1))
            bits += received[2].sum().item()
        payload = self.trainer.quantizer.bits.sum() + self.normalization.scale_bits + bits / len(split)
        return {"nmseDb": round(db(np.concatenate(errors).mean()), 3), "payloadBits": round(float(payload), 1)}


def truncated(codes: np.ndarray, bits: np.ndarray, truncation: int) -> np.ndarray:
    """Centred integers once least significant bits are dropped, as csi/src/quantizer.ts keeps them."""
    dropped = np.minimum(truncation, bits - 1)
    level = (codes + 2**bits - 1) // 2 >> dropped
    return ((2 * level + 1) << dropped) - 2**bits


def fit_refiner(config: dict, trainer: Trainer, receiver: Receiver, codes: np.ndarray, theta: int, name: str) -> Refiner:
    spec, hyper = config["refiner"], trainer.hyper
    refiner, peak = Refiner(spec["width"], spec["blocks"]), hyper["refinerLearningRate"]
    optimizer = torch.optim.Adam(refiner.parameters(), lr=peak)
    started, error = time.time(), []
    for count, (progress, rows) in enumerate(trainer.batches(hyper["refinerEpochs"])):
        optimizer.param_groups[0]["lr"] = peak * min(1.0, 0.05 + progress * 20) * 0.5 * (1 + np.cos(np.pi * progress))
        # Half of the batches see other settings of the two run-time knobs, so that one refiner serves them all.
        used, truncation = theta, 0
        if count % 2:
            used, truncation = max(1, int(theta * 2 ** trainer.rng.uniform(-1.5, 1.5))), int(trainer.rng.integers(0, 3))
        received = receiver.receive(trainer.train, truncated(codes[rows], trainer.quantizer.bits, truncation), truncation, used, rows)
        truth = trainer.train.csi[rows]
        target = torch.from_numpy(np.stack([truth.real, truth.imag], 1)).reshape(received[0].shape)
        # Relative to what there is to correct, or the coarse settings' errors would drown the fine ones'.
        loss = ((refiner.train()(*received) - target) ** 2).sum() / ((received[0] - target) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        error.append(loss.item())
        if count % 200 == 199:
            rate = (count + 1) * len(rows) / (time.time() - started)
            trainer.log(f"{name} refiner {progress:.2f} train gains {-db(np.mean(error[-200:])):.2f} dB, {rate:.0f} samples/s")
    return refiner


def finish(config: dict, trainer: Trainer, normalization, encoder: nn.Module | None, decoder: nn.Module, name: str, refiner: Refiner | None) -> Finished:
    """Allocation and theta for a trained pair; and its refiner where the config asks for one and none is given."""
    round_to_half(decoder)
    validation = {"outputNmseDb": trainer.validate(encoder, decoder)}
    if encoder is None:
        return Finished(None, 0, None, validation)
    codes = {k: codec.centred(trainer.latents(encoder, s), trainer.quantizer.step.numpy(), trainer.quantizer.bits) for k, s in (("train", trainer.train), ("val", trainer.val))}
    # The allocation's own fit sees magnitudes relative to the norm as the encoder does: both ends know no other.
    allocation = codec.PhaseAllocation.fit(codes["train"], trainer.train.x.numpy() - normalization.floor, config["maxPhaseBits"])
    phase_bits = config["reportBits"] - trainer.quantizer.bits.sum() - normalization.scale_bits
    theta = allocation.theta_for(allocation.coarse(codes["val"]), phase_bits)
    receiver = Receiver(trainer, normalization, encoder, decoder.eval(), allocation, (config["csi"]["numAntennas"], config["csi"]["numDelays"]))
    validation["withoutRefiner"] = receiver.report_nmse(trainer.val, codes["val"], theta, None)
    trainer.log(f"{name} theta {theta}, reports without refiner {validation['withoutRefiner']}")
    if config["refiner"] is not None:
        refiner = refiner or fit_refiner(config, trainer, receiver, codes["train"], theta, name)
        validation["report"] = receiver.report_nmse(trainer.val, codes["val"], theta, refiner)
        trainer.log(f"{name} reports with refiner {validation['report']}")
    return Finished(allocation, theta, refiner if config["refiner"] is not None else None, validation)
