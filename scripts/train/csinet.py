"""CsiNet (Wen, Shih, Jin, IEEE WCL 7(5), 2018): complex CSI as two planes, without uplink.

Planes are around zero and the output is linear, in place of planes in 0..1 and a sigmoid: it trains in minutes so.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAK = 0.3


class Encoder(nn.Module):
    """Planes [N, 2, Nt, Nd] -> codeword [N, M]."""

    def __init__(self, num_antennas: int, num_delays: int, length: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2)
        self.dense = nn.Linear(2 * num_antennas * num_delays, length)
        nn.init.dirac_(self.conv.weight)

    def forward(self, planes: Tensor) -> Tensor:
        return self.dense(functional.leaky_relu(self.norm(self.conv(planes)), LEAK).flatten(1))


class RefineNet(nn.Module):
    """Three convolutions, added to their input; they start at zero."""

    def __init__(self) -> None:
        super().__init__()
        widths = (2, 8, 16, 2)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths[1:])
        nn.init.zeros_(self.norms[-1].weight)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(conv(y)) if i == 2 else functional.leaky_relu(norm(conv(y)), LEAK)
        return functional.leaky_relu(x + y, LEAK)


class Decoder(nn.Module):
    """Codeword [N, M] -> planes [N, 2, Nt, Nd]."""

    def __init__(self, num_antennas: int, num_delays: int, length: int) -> None:
        super().__init__()
        self.shape = (2, num_antennas, num_delays)
        self.dense = nn.Linear(length, 2 * num_antennas * num_delays)
        self.refine = nn.Sequential(RefineNet(), RefineNet())
        self.last = nn.Conv2d(2, 2, 3, padding=1)
        nn.init.dirac_(self.last.weight)

    def forward(self, codeword: Tensor) -> Tensor:
        return self.last(self.refine(self.dense(codeword).reshape(-1, *self.shape)))
