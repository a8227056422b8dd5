"""How long a stretch of training lasts: epochs, or seconds where a time budget rules."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Iterator

import torch
from torch import Tensor

SYNC_EVERY = 16
"""Steps between waits for a GPU, which would otherwise take orders for seconds ahead of the clock."""


@dataclass(frozen=True)
class Stretch:
    """epochs over the samples; seconds, where given, rule instead and are kept by the clock."""

    epochs: float
    seconds: float | None = None

    def batches(self, samples: int, size: int, generator: torch.Generator, device: torch.device) -> Iterator[tuple[float, Tensor]]:
        """Progress from 0 to below 1, and the rows of a batch, each epoch in a new order."""
        size = min(size, samples)
        steps, done, started = int(self.epochs * samples / size), 0, time.monotonic()
        while True:
            order = torch.randperm(samples, generator=generator).to(device)
            for start in range(0, samples - size + 1, size):
                if self.seconds is not None and device.type == "cuda" and done % SYNC_EVERY == 0:
                    torch.cuda.synchronize()
                gone, whole = (done, steps) if self.seconds is None else (time.monotonic() - started, self.seconds)
                progress = gone / whole if whole > 0 else 1.0
                if progress >= 1:
                    return
                yield progress, order[start : start + size]
                done += 1
