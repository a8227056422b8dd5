"""DualNet-MAG (Liu, Zhang, Ding, IEEE WCL 8(3), 2019) and the refiner that follows it at the BS.

Tensors are [N, channels, angle, delay]; the encoder and decoder interfaces are flat [N, Nt*Nd], delay fastest.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

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
    """Downlink magnitude [N, Nt*Nd] -> latent [N, M]. Pruned: the Dense layer alone.

    The full encoder starts as the identity in front of the Dense layer: a centre-tap convolution, and a
    normalisation whose affine part undoes its frozen statistics. Magnitudes are not negative, so LeakyReLU passes
    them unchanged.
    """

    def __init__(self, num_antennas: int, num_delays: int, length: int, pruned: bool) -> None:
        super().__init__()
        self.shape = (1, num_antennas, num_delays)
        self.pruned = pruned
        if not pruned:
            self.conv = nn.Conv2d(1, 1, 3, padding=1)
            self.norm = ColumnNorm(num_delays)
            self.norm.frozen = True
        self.dense = nn.Linear(num_antennas * num_delays, length)

    def start_as_identity(self, magnitude: Tensor) -> None:
        if self.pruned:
            return
        with torch.no_grad():
            nn.init.dirac_(self.conv.weight)
            self.conv.bias.zero_()
            columns = magnitude.reshape(-1, self.shape[2])
            self.norm.running_mean.copy_(columns.mean(0))
            self.norm.running_var.copy_(columns.var(0))
            self.norm.weight.copy_(torch.sqrt(self.norm.running_var + self.norm.eps))
            self.norm.bias.copy_(self.norm.running_mean)

    def forward(self, magnitude: Tensor) -> Tensor:
        if not self.pruned:
            x = magnitude.reshape(-1, *self.shape)
            magnitude = nn.functional.leaky_relu(self.norm(self.conv(x)), LEAK).flatten(1)
        return self.dense(magnitude)


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


class Decoder(nn.Module):
    """Latent [N, M] and uplink magnitude [N, Nt*Nd] -> downlink magnitude [N, Nt*Nd].

    `uplink_dense` adds a Dense layer from the uplink to the first estimate: with it the starting point is the linear
    regression on codeword and uplink together. The output is linear while training and clamped at zero when
    exported; the reference's sigmoid belongs to its minmax normalisation.
    """

    def __init__(self, num_antennas: int, num_delays: int, length: int, uplink_dense: bool) -> None:
        super().__init__()
        self.shape = (1, num_antennas, num_delays)
        size = num_antennas * num_delays
        self.dense = nn.Linear(length, size)
        self.uplink_dense = nn.Linear(size, size, bias=False) if uplink_dense else None
        self.block1, self.block2 = ResidualBlock(num_delays), ResidualBlock(num_delays)
        self.last = nn.Conv2d(2, 1, 3, padding=1)
        with torch.no_grad():
            self.last.weight.zero_()
            self.last.weight[0, 0, 1, 1] = 1.0
            self.last.bias.zero_()

    def forward(self, latent: Tensor, uplink: Tensor) -> Tensor:
        estimate = self.dense(latent)
        if self.uplink_dense is not None:
            estimate = estimate + self.uplink_dense(uplink)
        x = torch.cat([estimate.reshape(-1, *self.shape), uplink.reshape(-1, *self.shape)], 1)
        return self.last(self.block2(self.block1(x))).flatten(1)


class Refiner(nn.Module):
    """Complex correction at the BS, after the phases are dequantised.

    Neighbouring entries share the leakage of the same paths, so their phases are tied: a coarse phase can be
    sharpened and an entry without phase bits filled in.
    estimate [N, 2, Nt, Nd] (Re, Im), magnitude, bits, uplink [N, Nt, Nd] -> estimate plus correction [N, 2, Nt, Nd].
    """

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(5, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LeakyReLU(LEAK), nn.Conv2d(width, width, 3, padding=1),
                nn.LeakyReLU(LEAK), nn.Conv2d(width, width, 3, padding=1),
            )
            for _ in range(blocks)
        )
        self.last = nn.Conv2d(width, 2, 3, padding=1)
        for block in self.blocks:
            nn.init.zeros_(block[3].weight)
            nn.init.zeros_(block[3].bias)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, estimate: Tensor, magnitude: Tensor, bits: Tensor, uplink: Tensor) -> Tensor:
        # Entries are about 1/32 on average and bits at most 8: brought to the same order for the first convolution.
        planes = torch.stack([magnitude, uplink], 1)
        x = self.first(torch.cat([estimate * 16, planes * 16, bits.unsqueeze(1) / 4], 1))
        for block in self.blocks:
            x = x + block(x)
        return estimate + self.last(nn.functional.leaky_relu(x, LEAK))
