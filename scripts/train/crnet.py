"""CRNet (Lu, Wang, Song, ICC 2020): branches of small and large kernels, at the UE and in the BS's blocks.

As published but for planes around zero and a linear output, as in csinet.py, and no activation behind the decoder's first
convolution, whose signs it would squash.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from csinet import LEAK


class ConvNorm(nn.Sequential):
    """A convolution that keeps the size, and its normalisation."""

    def __init__(self, channels_in: int, channels_out: int, height: int, width: int) -> None:
        conv = nn.Conv2d(channels_in, channels_out, (height, width), padding=(height // 2, width // 2), bias=False)
        super().__init__(conv, nn.BatchNorm2d(channels_out))


class Encoder(nn.Module):
    """Planes [N, 2, Nt, Nd] -> codeword [N, M]."""

    def __init__(self, num_antennas: int, num_delays: int, length: int) -> None:
        super().__init__()
        leak = lambda: nn.LeakyReLU(LEAK)
        self.wide = nn.Sequential(ConvNorm(2, 2, 3, 3), leak(), ConvNorm(2, 2, 1, 9), leak(), ConvNorm(2, 2, 9, 1))
        self.near = ConvNorm(2, 2, 3, 3)
        self.merge = ConvNorm(4, 2, 1, 1)
        self.dense = nn.Linear(2 * num_antennas * num_delays, length)
        for conv in (self.near[0], self.merge[0]):
            nn.init.dirac_(conv.weight)

    def forward(self, planes: Tensor) -> Tensor:
        both = functional.leaky_relu(torch.cat([self.near(planes), self.wide(planes)], 1), LEAK)
        return self.dense(functional.leaky_relu(self.merge(both), LEAK).flatten(1))


class CRBlock(nn.Module):
    """Two branches of convolutions, merged and added to their input; they start at zero."""

    def __init__(self) -> None:
        super().__init__()
        leak = lambda: nn.LeakyReLU(LEAK)
        self.wide = nn.Sequential(ConvNorm(2, 7, 3, 3), leak(), ConvNorm(7, 7, 1, 9), leak(), ConvNorm(7, 7, 9, 1))
        self.near = nn.Sequential(ConvNorm(2, 7, 1, 5), leak(), ConvNorm(7, 7, 5, 1))
        self.merge = ConvNorm(14, 2, 1, 1)
        nn.init.zeros_(self.merge[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        both = functional.leaky_relu(torch.cat([self.wide(x), self.near(x)], 1), LEAK)
        return functional.leaky_relu(x + self.merge(both), LEAK)


class Decoder(nn.Module):
    """Codeword [N, M] -> planes [N, 2, Nt, Nd]."""

    def __init__(self, num_antennas: int, num_delays: int, length: int) -> None:
        super().__init__()
        self.shape = (2, num_antennas, num_delays)
        self.dense = nn.Linear(length, 2 * num_antennas * num_delays)
        self.first = ConvNorm(2, 2, 5, 5)
        self.blocks = nn.Sequential(CRBlock(), CRBlock())
        nn.init.dirac_(self.first[0].weight)

    def forward(self, codeword: Tensor) -> Tensor:
        return self.blocks(self.first(self.dense(codeword).reshape(-1, *self.shape)))
