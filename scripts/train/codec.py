"""What goes on the wire: codeword quantiser, codeword-derived phase allocation, phase quantiser.

These are the same definitions as in the TypeScript package csi (quantizer.ts, phase-allocation.ts, phase-coder.ts);
the golden vectors written by export.py hold the two to each other. Everything is a tensor on the device of its input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MAX_CODEWORD_BITS = 8
MAX_THETA = 1 << 24


def centred(latent: Tensor, step: Tensor, bits: Tensor) -> Tensor:
    """Mid-rise uniform quantiser, [N, M] -> centred odd integers c in -(2^b - 1) .. 2^b - 1; latent is about c * step / 2."""
    half = 2 ** (bits - 1)
    level = torch.minimum((torch.floor(latent / step) + half).clamp(min=0), 2.0 * half - 1).long()
    return 2 * level - (2 * half - 1)


def truncated(codes: Tensor, bits: Tensor, truncation: Tensor | int) -> Tensor:
    """Centred integers once least significant bits are dropped, one bit stays: csi/src/codec/dualnet/quantizer.ts. truncation: one, or [N, 1]."""
    dropped = torch.minimum(bits - 1, torch.zeros_like(bits) + truncation)
    level = (codes + 2**bits - 1) // 2 >> dropped
    return ((2 * level + 1) << dropped) - 2**bits


def _distortion(latent: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Least mean squared quantisation error of each component [M] at a number of bits, and the step that gives it."""
    everywhere = torch.full((latent.shape[1],), bits, device=latent.device)
    deviation = latent.std(0, unbiased=False)
    best, steps = torch.full_like(deviation, torch.inf), torch.zeros_like(deviation)
    # Loading from tight to covering heavy tails; the step is the loaded range over the number of levels.
    for loading in np.geomspace(1.2, 12.0, 24):
        step = (2 * float(loading) * deviation / 2**bits).clamp(min=1e-9)
        mse = ((latent - centred(latent, step, everywhere) * step / 2) ** 2).mean(0)
        best, steps = torch.minimum(mse, best), torch.where(mse < best, step, steps)
    return best, steps


def allocate_codeword_bits(latent: Tensor, weight: Tensor, budget: int) -> tuple[Tensor, Tensor]:
    """Bits (1..8) and step of each component for a total budget: greedily, the bit that removes most weighted error.

    latent: [N, M] training latents; weight: [M], what a unit error of a component costs after the decoder.
    """
    table = [_distortion(latent, b) for b in range(1, MAX_CODEWORD_BITS + 1)]
    mse = (torch.stack([error for error, _ in table], 1) * weight.unsqueeze(1)).cpu().numpy()
    bits = np.ones(latent.shape[1], np.int64)
    if budget < len(bits):
        raise ValueError(f"codeword budget {budget} is below one bit for each of {len(bits)} components")
    rows = np.arange(len(bits))
    while bits.sum() < budget and (bits < MAX_CODEWORD_BITS).any():
        gain = np.where(bits < MAX_CODEWORD_BITS, mse[rows, bits - 1] - mse[rows, np.minimum(bits, 7)], -np.inf)
        bits[np.argmax(gain)] += 1
    chosen = torch.from_numpy(bits).to(latent.device)
    return chosen, torch.stack([step for _, step in table], 1).gather(1, chosen.unsqueeze(1) - 1).squeeze(1)


def best_steps(latent: Tensor, bits: Tensor) -> Tensor:
    """Step of each component with the least mean squared error at given bits."""
    steps = torch.zeros_like(latent[0])
    for b in bits.unique().tolist():
        at = bits == b
        steps[at] = _distortion(latent[:, at], b)[1]
    return steps


def ridge(features: Tensor, target: Tensor, strength: float = 1e-6) -> Tensor:
    """Least squares with a small ridge: [N, F], [N, T] -> float64 [F, T]."""
    features, target = features.double(), target.double()
    gram = features.T @ features
    gram.diagonal().add_(strength * gram.diagonal().mean())
    return torch.linalg.solve(gram, features.T @ target)


def thresholds(theta: Tensor, max_bits: int) -> Tensor:
    """Coarse magnitudes theta * 2^(k - 1/2) at which an entry gets its k-th bit: theta in sixteenths of a unit, [...] -> [..., max_bits]."""
    doubled = 2 ** torch.arange(1, max_bits + 1, device=theta.device)
    return (theta.unsqueeze(-1) * 46341 * doubled >> 20).clamp(min=1)


@dataclass(frozen=True)
class PhaseAllocation:
    """Coarse magnitude as integers: P int8 [Nt*Nd, M], b int32 [Nt*Nd]; `unit` is the magnitude of one integer step."""

    matrix: Tensor
    bias: Tensor
    unit: float
    max_bits: int

    @staticmethod
    def fit(codes: Tensor, magnitude: Tensor, max_bits: int) -> "PhaseAllocation":
        solution = ridge(torch.cat([codes.float(), torch.ones_like(magnitude[:, :1])], 1), magnitude)
        weights, bias = solution[:-1].T, solution[-1]
        unit = float(weights.abs().max()) / 127
        return PhaseAllocation(torch.round(weights / unit).to(torch.int8), torch.round(bias / unit).int(), unit, max_bits)

    def coarse(self, codes: Tensor) -> Tensor:
        """[N, M] centred integers -> int64 [N, Nt*Nd]. Exact in float64: every partial sum is below 2^53."""
        return (codes.double() @ self.matrix.T.double()).long() + self.bias

    def bits(self, coarse: Tensor, theta: Tensor | int) -> Tensor:
        """Entry j gets as many bits as thresholds it reaches. theta: one for all samples, or [N]."""
        steps = thresholds(torch.zeros_like(coarse[:, 0]) + theta, self.max_bits)
        return sum((coarse >= step.unsqueeze(1)).to(torch.int8) for step in steps.unbind(1))

    def theta_for(self, coarse: Tensor, target_bits: float) -> int:
        """Smallest theta whose mean phase payload stays within target_bits."""
        low, high = 1, MAX_THETA
        while low < high:
            middle = (low + high) // 2
            if self.bits(coarse, middle).sum().item() / len(coarse) <= target_bits:
                high = middle
            else:
                low = middle + 1
        return low

    def to_bytes(self) -> bytes:
        return self.matrix.cpu().numpy().tobytes() + self.bias.cpu().numpy().astype("<i4").tobytes()


def quantized_phasor(csi: Tensor, bits: Tensor) -> Tensor:
    """Unit phasor of each entry at its bits, shrunk by sinc(2^-b), the MMSE factor of a uniform phase error; 0 at 0 bits."""
    levels = torch.exp2(bits.float())
    phase = torch.round(csi.angle() * levels / (2 * torch.pi)) * (2 * torch.pi) / levels
    return torch.polar(torch.sinc(1 / levels).masked_fill(bits == 0, 0), phase)
