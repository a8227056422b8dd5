"""Takes training back to where it was well once it has gone astray."""

from __future__ import annotations

import copy
import math
import time
from typing import Callable

from torch import nn

from optimizer import Optimizer

CHECK_EVERY_S = 0.5
SAFE_DB = 0.5
ASTRAY_DB = 3.0
"""An error this far above the least that was seen is no noise of batches."""


class DivergenceGuard:
    """Keeps modules as they were at about the least training error. Where that error rises far above it, or is no number, they are put
    back, and training goes on from there with half the rate."""

    def __init__(self, modules: list[nn.Module], optimizer: Optimizer, log: Callable[[str], None]) -> None:
        self.modules, self.optimizer, self.log = modules, optimizer, log
        self.least_db, self.checked, self.factor = math.inf, time.monotonic(), 1.0
        self._keep()

    def narrowed_to(self, modules: list[nn.Module]) -> DivergenceGuard:
        """A new one for the modules that are still trained, at the rate reached so far."""
        guard = DivergenceGuard(modules, self.optimizer, self.log)
        guard.factor = self.factor
        return guard

    @property
    def due(self) -> bool:
        """Whether it is time to look: reading an error back makes a GPU wait."""
        return time.monotonic() - self.checked >= CHECK_EVERY_S

    def check(self, error_db: float) -> bool:
        """error_db: of training, smoothed. Returns whether the modules were put back: what was smoothed is void then."""
        self.checked = time.monotonic()
        if math.isfinite(error_db) and error_db <= self.least_db + ASTRAY_DB:
            self.least_db = min(self.least_db, error_db)
            if error_db <= self.least_db + SAFE_DB:
                self._keep()
            return False
        for module, state in zip(self.modules, self.states):
            module.load_state_dict(state)
        self.optimizer.forget()
        self.factor /= 2
        self.log(f"training error went from {self.least_db:.2f} to {error_db:.2f} dB: back to where it was, at {self.factor} of the rate")
        return True

    def _keep(self) -> None:
        self.states = [copy.deepcopy(module.state_dict()) for module in self.modules]
