"""What goes on the wire: codeword quantiser, codeword-derived phase allocation, phase quantiser.

These are the same definitions as in the TypeScript package csi (quantizer.ts, phase-allocation.ts, phase-coder.ts);
the golden vectors written by export.py hold the two to each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_CODEWORD_BITS = 8


def centred(latent: np.ndarray, step: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Mid-rise uniform quantiser, [N, M] -> centred odd integers c in -(2^b - 1) .. 2^b - 1; latent is about c * step / 2."""
    half = 2 ** (bits - 1)
    level = np.clip(np.floor(latent / step) + half, 0, 2 * half - 1)
    return (2 * level - (2 * half - 1)).astype(np.int32)


def _distortion_table(latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least mean squared quantisation error [M, 8] of each component at 1..8 bits, and the step [M, 8] that gives it."""
    length = latent.shape[1]
    best, steps = np.full((length, MAX_CODEWORD_BITS), np.inf), np.zeros((length, MAX_CODEWORD_BITS))
    deviation = latent.std(0)
    for b in range(1, MAX_CODEWORD_BITS + 1):
        # Loading from tight to covering heavy tails; the step is the loaded range over the number of levels.
        for loading in np.geomspace(1.2, 12.0, 24):
            step = np.maximum(2 * loading * deviation / 2**b, 1e-9)
            error = latent - centred(latent, step, np.full(length, b)) * step / 2
            mse = (error**2).mean(0)
            better = mse < best[:, b - 1]
            best[better, b - 1], steps[better, b - 1] = mse[better], step[better]
    return best, steps


def allocate_codeword_bits(latent: np.ndarray, weight: np.ndarray, budget: int) -> tuple[np.ndarray, np.ndarray]:
    """Bits (1..8) and step of each component for a total budget: greedily, the bit that removes most weighted error.

    latent: [N, M] training latents; weight: [M], what a unit error of a component costs after the decoder.
    """
    mse, steps = _distortion_table(latent)
    mse = mse * weight[:, None]
    bits = np.ones(latent.shape[1], np.int64)
    if budget < len(bits):
        raise ValueError(f"codeword budget {budget} is below one bit for each of {len(bits)} components")
    rows = np.arange(len(bits))
    while bits.sum() < budget and (bits < MAX_CODEWORD_BITS).any():
        gain = np.where(bits < MAX_CODEWORD_BITS, mse[rows, bits - 1] - mse[rows, np.minimum(bits, 7)], -np.inf)
        bits[np.argmax(gain)] += 1
    return bits, steps[rows, bits - 1]


def best_steps(latent: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Step of each component with the least mean squared error at given bits."""
    _, steps = _distortion_table(latent)
    return steps[np.arange(len(bits)), bits - 1]


def ridge(features: np.ndarray, target: np.ndarray, strength: float = 1e-6) -> np.ndarray:
    """Least squares with a small ridge: [N, F], [N, T] -> [F, T]."""
    gram = features.T.astype(np.float64) @ features
    gram[np.diag_indices_from(gram)] += strength * np.trace(gram) / len(gram)
    return np.linalg.solve(gram, features.T.astype(np.float64) @ target)


@dataclass(frozen=True)
class PhaseAllocation:
    """Coarse magnitude as integers: P int8 [Nt*Nd, M], b int32 [Nt*Nd]; `unit` is the magnitude of one integer step."""

    matrix: np.ndarray
    bias: np.ndarray
    unit: float
    max_bits: int

    @staticmethod
    def fit(codes: np.ndarray, magnitude: np.ndarray, max_bits: int) -> "PhaseAllocation":
        features = np.hstack([codes.astype(np.float32), np.ones((len(codes), 1), np.float32)])
        solution = ridge(features, magnitude)
        weights, bias = solution[:-1].T, solution[-1]
        unit = np.abs(weights).max() / 127
        return PhaseAllocation(
            np.round(weights / unit).astype(np.int8), np.round(bias / unit).astype(np.int32), float(unit), max_bits
        )

    def coarse(self, codes: np.ndarray) -> np.ndarray:
        """[N, M] centred integers -> int32 [N, Nt*Nd]. Exact in float64: every partial sum is below 2^53."""
        return (codes.astype(np.float64) @ self.matrix.T.astype(np.float64)).astype(np.int32) + self.bias

    def bits(self, coarse: np.ndarray, theta: int) -> np.ndarray:
        """Entry j gets as many bits as thresholds theta * 2^(k - 1/2) it reaches; theta is in sixteenths of a unit."""
        bits = np.zeros(coarse.shape, np.int8)
        for k in range(1, self.max_bits + 1):
            bits += coarse >= max(1, theta * 46341 * 2**k >> 20)
        return bits

    def theta_for(self, coarse: np.ndarray, target_bits: float) -> int:
        """Smallest theta whose mean phase payload stays within target_bits."""
        low, high = 1, 1 << 24
        while low < high:
            middle = (low + high) // 2
            if self.bits(coarse, middle).sum(1, dtype=np.int64).mean() <= target_bits:
                high = middle
            else:
                low = middle + 1
        return low

    def to_bytes(self) -> bytes:
        return self.matrix.tobytes() + self.bias.astype("<i4").tobytes()


def quantized_phasor(csi: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Unit phasor of each entry at its bits, shrunk by sinc(2^-b), the MMSE factor of a uniform phase error; 0 at 0 bits."""
    levels = 2.0 ** bits.astype(np.float32)
    phase = np.round(np.angle(csi) * levels / (2 * np.pi)) * (2 * np.pi) / levels
    return np.where(bits > 0, np.sinc(1 / levels), 0) * np.exp(1j * phase)


def quantized_norm_db(norm_db: np.ndarray, min_db: float, step_db: float, bits: int) -> np.ndarray:
    return min_db + step_db * np.clip(np.round((norm_db - min_db) / step_db), 0, 2**bits - 1)
