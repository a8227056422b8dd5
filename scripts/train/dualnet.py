"""DualNet-MAG (Liu, Zhang, Ding, IEEE WCL 8(3), 2019).

Tensors are [N, channels, angle, delay]; the encoder and decoder interfaces are flat [N, Nt*Nd], delay fastest.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from regression import Regression

LEAK = 0.3


class ColumnNorm(nn.Module):
    """Batch normalisation over the last axis (delay), as the reference Keras code applies it: 4 parameters a column."""

    def __init__(self, columns: int, momentum: float = 0.02, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(columns))
        self.bias = nn.Parameter(torch.zeros(columns))
        self.register_buffer("running_mean", torch.zeros(columns))
        self.register_buffer("running_var", torch.ones(columns))
        self.momentum, self.eps, self.frozen = momentum, eps, False

    def forward(self, x: Tensor) -> Tensor:
        if self.training and not self.frozen:
            mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2), unbiased=False)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var, self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        gain = self.weight * torch.rsqrt(var + self.eps)
        return x * gain + (self.bias - mean * gain)


class Encoder(nn.Module):
    """Downlink [N, planes*Nt*Nd] -> latent [N, M]. Pruned: the Dense layer alone.

    The full encoder starts as the identity in front of the Dense layer: a centre-tap convolution, and a
    normalisation whose affine part undoes its frozen statistics. Magnitudes are not negative, so LeakyReLU passes
    them unchanged.
    """

    def __init__(self, planes: int, num_antennas: int, num_delays: int, length: int, pruned: bool) -> None:
        super().__init__()
        self.shape = (planes, num_antennas, num_delays)
        self.pruned = pruned
        if not pruned:
            self.conv = nn.Conv2d(planes, planes, 3, padding=1)
            self.norm = ColumnNorm(num_delays)
            self.norm.frozen = True
        self.dense = nn.Linear(planes * num_antennas * num_delays, length)

    def start_as_identity(self, x: Tensor) -> None:
        if self.pruned:
            return
        with torch.no_grad():
            nn.init.dirac_(self.conv.weight)
            self.conv.bias.zero_()
            columns = x.reshape(-1, self.shape[2])
            self.norm.running_mean.copy_(columns.mean(0))
            self.norm.running_var.copy_(columns.var(0))
            self.norm.weight.copy_(torch.sqrt(self.norm.running_var + self.norm.eps))
            self.norm.bias.copy_(self.norm.running_mean)

    def forward(self, x: Tensor) -> Tensor:
        if not self.pruned:
            x = nn.functional.leaky_relu(self.norm(self.conv(x.reshape(-1, *self.shape))), LEAK).flatten(1)
        return self.dense(x)


class ResidualBlock(nn.Module):
    """Conv 2->8->16->2 with ColumnNorm and LeakyReLU, added to its input. The last normalisation starts at zero, so
    that the block starts as the identity."""

    def __init__(self, columns: int, widths: tuple[int, int] = (8, 16)) -> None:
        super().__init__()
        a, b = widths
        self.conv1, self.norm1 = nn.Conv2d(2, a, 3, padding=1), ColumnNorm(columns)
        self.conv2, self.norm2 = nn.Conv2d(a, b, 3, padding=1), ColumnNorm(columns)
        self.conv3, self.norm3 = nn.Conv2d(b, 2, 3, padding=1), ColumnNorm(columns)
        nn.init.zeros_(self.norm3.weight)

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.leaky_relu(self.norm1(self.conv1(x)), LEAK)
        y = nn.functional.leaky_relu(self.norm2(self.conv2(y)), LEAK)
        return nn.functional.leaky_relu(x + self.norm3(self.conv3(y)), LEAK)


class ReferenceDecoder(nn.Module):
    """Latent [N, M] and uplink [N, Nt*Nd] -> downlink [N, Nt*Nd], as published; the zoo's own is unrolled.py.

    sigmoid: the published output, for minmax inputs; it starts as the identity around 0.5. Without it the output is
    linear while training and clamped at zero when exported.
    """

    takes_cell = False

    def __init__(self, num_antennas: int, num_delays: int, length: int, sigmoid: bool) -> None:
        super().__init__()
        self.shape, self.sigmoid, self.length = (1, num_antennas, num_delays), sigmoid, length
        self.dense = nn.Linear(length, num_antennas * num_delays)
        self.block1, self.block2 = ResidualBlock(num_delays), ResidualBlock(num_delays)
        self.last = nn.Conv2d(2, 1, 3, padding=1)
        with torch.no_grad():
            self.last.weight.zero_()
            self.last.weight[0, 0, 1, 1] = 4.0 if sigmoid else 1.0
            self.last.bias.fill_(-2.0 if sigmoid else 0.0)

    def dense_parameters(self) -> list[nn.Parameter]:
        """The large matrices, which train at a rate of their own."""
        return list(self.dense.parameters())

    def start(self, regression: Regression, latent_deviation: Tensor, step: Tensor) -> None:
        """Puts the linear regression in place."""
        with torch.no_grad():
            self.dense.weight.copy_(regression.dense)
            self.dense.bias.copy_(regression.bias)

    def forward(self, latent: Tensor, cell: Tensor, uplink: Tensor, encoder: nn.Module) -> Tensor:
        x = torch.cat([self.dense(latent).reshape(-1, *self.shape), uplink.reshape(-1, *self.shape)], 1)
        x = self.last(self.block2(self.block1(x))).flatten(1)
        return torch.sigmoid(x) if self.sigmoid else x
