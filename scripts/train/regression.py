"""Reduced-rank regression: the linear optimum that training starts from."""

from __future__ import annotations

from dataclasses import dataclass

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


def principal(samples: Tensor, count: int) -> Tensor:
    """The `count` leading eigenvectors of the samples' second moments, as columns."""
    samples = samples.double()
    _, vectors = torch.linalg.eigh(samples.T @ samples)
    return vectors.flip(1)[:, :count]


def fit(x: Tensor, u: Tensor, length: int, uplink_rank: int, strength: float, weight: Tensor) -> Regression:
    """Fits on target x [N, D] and uplink u [N, D]: the codeword keeps the directions of x that the uplink leaves unknown.

    uplink_rank: rank of the uplink's matrix; its part with the least effect on the estimate is cut. 0: no uplink.
    strength: ridge, relative to the mean diagonal. weight [N]: of each sample's squared error.
    """
    share = (weight / weight.mean()).unsqueeze(1)
    mean_x, mean_u = (x * share).mean(0), (u * share).mean(0)
    dx, du = (x - mean_x) * share.sqrt(), (u - mean_u) * share.sqrt()
    unknown = dx - du @ ridge(du, dx, strength).float() if uplink_rank > 0 else dx
    basis = principal(unknown, length).float()
    latent = dx @ basis
    if uplink_rank > 0:
        solution = ridge(torch.cat([latent, du], 1), dx, strength)
        dense, uplink = solution[:length], solution[length:]
        keep = principal(du.double() @ uplink, uplink_rank)
        uplink_in, uplink_out = (uplink @ keep).T, keep
    else:
        size = x.shape[1]
        dense = ridge(latent, dx, strength) if length > 0 else x.new_zeros(0, size)
        uplink_in, uplink_out = x.new_zeros(0, size), x.new_zeros(size, 0)
    uplink_in, uplink_out = uplink_in.float(), uplink_out.float()
    bias = mean_x - uplink_out @ (uplink_in @ mean_u)
    return Regression(basis, mean_x, dense.T.float().contiguous(), uplink_in.contiguous(), uplink_out.contiguous(), bias)
