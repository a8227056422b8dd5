"""How long training lasts: stages by epochs or by the clock, a time budget shared out as it is spent, models over processes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Iterator

import torch
from torch import Tensor


def stage_weights(config: dict) -> list[float]:
    """Relative time of each stage of a model: stem, then for each encoder its fork and, for the first, the refiner."""
    weights = [1.0]
    for place, kind in enumerate(config["encoders"]):
        weights.append(1.2 if kind == "full" else 1.0)
        if place == 0 and config["refiner"] is not None:
            weights.append(1.2)
    return weights


def model_weight(config: dict) -> float:
    return sum(stage_weights(config)) * config["training"].get("share", 1)


@dataclass
class Budget:
    """seconds for parts of given weights, taken in order: each gets its share of what is left by then. None: no limit."""

    seconds: float | None
    weights: list[float]
    started: float = field(default_factory=time.monotonic)

    def take(self) -> float | None:
        """Seconds for the next part."""
        left, weight = sum(self.weights), self.weights.pop(0)
        if self.seconds is None:
            return None
        return max(0.0, self.seconds - (time.monotonic() - self.started)) * weight / left


def lanes(configs: list[dict], count: int) -> list[list[int]]:
    """Places of the configs, shared out over `count` processes: the heaviest first, each where least is waiting."""
    shared: list[list[int]] = [[] for _ in range(min(count, len(configs)))]
    for place in sorted(range(len(configs)), key=lambda p: -model_weight(configs[p])):
        min(shared, key=lambda lane: sum(model_weight(configs[p]) for p in lane)).append(place)
    # In the order given, which is that of their importance; models of one link next to each other, to load its data once.
    links = [c["environment"] for c in configs]
    return [sorted(lane, key=lambda p: (links.index(links[p]), p)) for lane in shared]


SYNC_EVERY = 16
"""Steps between waits for a GPU, which would otherwise take orders for seconds ahead of the clock."""


@dataclass(frozen=True)
class Stage:
    """A stage of training: epochs over the samples; seconds, where given, rule instead and are kept by the clock."""

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
