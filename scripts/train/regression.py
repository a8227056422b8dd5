"""Reduced-rank regression: the linear optimum that training starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from codec import ridge


@dataclass(frozen=True)
class Regression:
    """x is about dense z + uplink_out uplink_in u + bias, with z = basis^T (x - mean)."""

    basis: Tensor
    mean: Tensor
    dense: Tensor
    uplink_in: Tensor
    uplink_out: Tensor
    bias: Tensor

    @property
    def encoder_bias(self) -> Tensor:
        return -self.mean @ self.basis


def _principal(covariance: np.ndarray, count: int) -> np.ndarray:
    """The `count` leading eigenvectors, as columns."""
    _, vectors = np.linalg.eigh(covariance)
    return np.ascontiguousarray(vectors[:, ::-1][:, :count])


def fit(x: np.ndarray, u: np.ndarray, length: int, uplink_rank: int, strength: float, weight: np.ndarray | None = None) -> Regression:
    """Fits on target x [N, D] and uplink u [N, D]: the codeword keeps the directions of x that the uplink leaves unknown.

    uplink_rank: rank of the uplink's matrix; its part with the least effect on the estimate is cut. 0: no uplink.
    strength: ridge, relative to the mean diagonal. weight [N]: of each sample's squared error.
    """
    root = np.ones(len(x), np.float32) if weight is None else np.sqrt(weight / weight.mean()).astype(np.float32)
    mean_x, mean_u = np.average(x, 0, root**2), np.average(u, 0, root**2)
    dx, du = ((x - mean_x) * root[:, None]).astype(np.float32), ((u - mean_u) * root[:, None]).astype(np.float32)
    unknown = dx - du @ ridge(du, dx, strength).astype(np.float32) if uplink_rank > 0 else dx
    basis = _principal(unknown.T @ unknown, length).astype(np.float32)
    latent = dx @ basis
    if uplink_rank > 0:
        solution = ridge(np.hstack([latent, du]), dx, strength)
        dense, uplink = solution[:length], solution[length:]
        effect = (du @ uplink.astype(np.float32)).astype(np.float32)
        keep = _principal(effect.T @ effect, uplink_rank)
        uplink_in, uplink_out = (uplink @ keep).T, keep
    else:
        dense = ridge(latent, dx, strength) if length > 0 else np.zeros((0, x.shape[1]))
        uplink_in, uplink_out = np.zeros((0, x.shape[1])), np.zeros((x.shape[1], 0))
    tensors = (basis, mean_x, dense.T, uplink_in, uplink_out, mean_x - uplink_out @ (uplink_in @ mean_u))
    return Regression(*(torch.from_numpy(np.ascontiguousarray(t, np.float32)) for t in tensors))
