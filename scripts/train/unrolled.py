"""The BS decoder of the zoo: DualNet's fusion of codeword and uplink, unrolled.

It starts from the linear regression on codeword and uplink. Each stage then lets a small convolutional network correct
the estimate from its neighbourhood and the uplink, encodes the corrected estimate the way the UE would have, and takes
back what contradicts the codeword. How far it is taken back depends on how coarsely the codeword was quantised.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from dualnet import Encoder
from regression import Regression

LEAK = 0.3
INPUT_GAIN = 16.0
"""Entries of a matrix of norm 1 are about 1/32 on average: brought near 1 for the convolutions."""


def folding(planes: int, num_antennas: int, num_delays: int) -> Tensor:
    """Index [planes*Nt*Nd] that folds 2 x 2 blocks of entries into channels: flat [planes, Nt, Nd] -> [4*planes, Nt/2, Nd/2]."""
    index = torch.arange(planes * num_antennas * num_delays).reshape(1, planes, num_antennas, num_delays)
    return functional.pixel_unshuffle(index.float(), 2).long().flatten()


class Correction(nn.Module):
    """Convolutions on folded planes: [N, in, Nt/2, Nd/2] -> [N, out, Nt/2, Nd/2]. Starts at zero.

    Half resolution gives a 3 x 3 kernel twice the reach and channels enough to keep SIMD lanes full, which the
    2-channel convolutions of DualNet's residual blocks leave idle.
    """

    def __init__(self, planes_in: int, planes_out: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(planes_in, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.ModuleList([nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)])
            for _ in range(blocks)
        )
        self.last = nn.Conv2d(width, planes_out, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, planes: Tensor) -> Tensor:
        x = functional.leaky_relu(self.first(planes.contiguous(memory_format=torch.channels_last)), LEAK)
        for inner, outer in self.blocks:
            x = functional.leaky_relu(x + outer(functional.leaky_relu(inner(x), LEAK)), LEAK)
        return self.last(x)


class Trust(nn.Module):
    """How much of each codeword component to believe, given the half width of its quantiser cell [N, M]: the Wiener gain
    s^2 / (s^2 + cell^2 / 3) for an error of deviation s before, and a uniform one within the cell. 1 for cell = 0."""

    def __init__(self, deviation: Tensor) -> None:
        super().__init__()
        self.log_deviation = nn.Parameter(torch.log(deviation))

    def forward(self, cell: Tensor) -> Tensor:
        variance = torch.exp(2 * self.log_deviation)
        return variance / (variance + cell * cell / 3)


class UnrolledDecoder(nn.Module):
    """Latent [N, M], quantiser cell half widths [N, M] and uplink [N, planes*Nt*Nd] -> estimate [N, planes*Nt*Nd].

    Everything inside is in folded order, the matrices' rows included, so that nothing is rearranged between stages.
    Without a codeword (M = 0, the uplink-only model) latent, cell and encoder are None. The output is linear while
    training and clamped at zero when exported.
    """

    takes_cell = True

    def __init__(
        self, planes: int, num_antennas: int, num_delays: int, length: int, stages: int, width: int, blocks: int, uplink_rank: int,
    ) -> None:
        super().__init__()
        self.shape, self.length = (planes, num_antennas, num_delays), length
        size = planes * num_antennas * num_delays
        self.folded = (4 * planes, num_antennas // 2, num_delays // 2)
        self.register_buffer("fold", folding(*self.shape), persistent=False)
        self.register_buffer("unfold", torch.argsort(self.fold), persistent=False)
        self.bias = nn.Parameter(torch.zeros(size))
        self.uplink_in = nn.Linear(size, uplink_rank, bias=False)
        self.uplink_out = nn.Linear(uplink_rank, size, bias=False)
        if length > 0:
            self.dense = nn.Linear(length, size, bias=False)
            self.trust = nn.ModuleList(Trust(torch.ones(length)) for _ in range(stages + 1))
        self.corrections = nn.ModuleList(Correction(8 * planes, 4 * planes, width, blocks) for _ in range(stages))

    def dense_parameters(self) -> list[nn.Parameter]:
        """The large matrices, which train at a rate of their own."""
        dense = [self.bias, self.uplink_in.weight, self.uplink_out.weight]
        return dense + [self.dense.weight] if self.length > 0 else dense

    def start(self, regression: Regression, latent_deviation: Tensor | None, step: Tensor | None) -> None:
        """Puts the linear regression in place."""
        with torch.no_grad():
            self.bias.copy_(regression.bias[self.fold])
            self.uplink_in.weight.copy_(regression.uplink_in)
            self.uplink_out.weight.copy_(regression.uplink_out[self.fold])
            if self.length > 0:
                self.dense.weight.copy_(regression.dense[self.fold])
                self.trust[0].log_deviation.copy_(torch.log(latent_deviation))
                for trust in self.trust[1:]:
                    trust.log_deviation.copy_(torch.log(step / 2))

    def forward(self, latent: Tensor | None, cell: Tensor | None, uplink: Tensor, encoder: Encoder | None) -> Tensor:
        x = self.uplink_out(self.uplink_in(uplink)) + self.bias
        if self.length > 0:
            x = x + self.dense(self.trust[0](cell) * latent)
        seen = uplink[:, self.fold].reshape(-1, *self.folded) * INPUT_GAIN
        for stage, correction in enumerate(self.corrections):
            planes = torch.cat([x.reshape(-1, *self.folded) * INPUT_GAIN, seen], 1)
            x = x + correction(planes).flatten(1)
            if self.length > 0:
                x = x + self.dense(self.trust[stage + 1](cell) * (latent - self.encode(encoder, x)))
        return functional.pixel_shuffle(x.reshape(-1, *self.folded), 2).flatten(1)

    def encode(self, encoder: Encoder, x: Tensor) -> Tensor:
        """The UE's latent of an estimate in folded order."""
        if encoder.pruned:
            return functional.linear(x, encoder.dense.weight.index_select(1, self.fold), encoder.dense.bias)
        return encoder(x.index_select(1, self.unfold))
