"""The refiner, which follows the decoder at the BS."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEAK = 0.3


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
        x = torch.cat([estimate * 16, planes * 16, bits.unsqueeze(1) / 4], 1)
        x = self.first(x.contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            x = x + block(x)
        # Corrections are small beside the estimate: so are they at any learning rate.
        return estimate + self.last(nn.functional.leaky_relu(x, LEAK)) / 64
