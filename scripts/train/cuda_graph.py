"""A training step as one CUDA graph: hundreds of small kernels cost more to launch than to run."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor

EAGER_STEPS = 3
"""Steps run as usual before capture: optimiser state and library handles must exist by then."""


class CapturedStep:
    """Calls `step(rows)` for rows [N] of a fixed N and returns its tensor; on a GPU from the fourth call on by replay.

    The step must do all its work on the device, without reading a value back. Where capture fails it stays as it is, and
    the log says so. eager: it never is captured.
    """

    def __init__(self, step: Callable[[Tensor], Tensor], name: str, eager: bool, log) -> None:
        self.step, self.name, self.eager, self.log = step, name, eager, log
        self.calls, self.graph = 0, None

    def __call__(self, rows: Tensor) -> Tensor:
        if self.eager or rows.device.type != "cuda":
            return self.step(rows)
        self.calls += 1
        if self.calls <= EAGER_STEPS:
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                result = self.step(rows)
            torch.cuda.current_stream().wait_stream(side)
            return result
        if self.calls == EAGER_STEPS + 1:
            self._capture(rows)
        if self.graph is None:
            return self.step(rows)
        self.rows.copy_(rows)
        self.graph.replay()
        return self.result

    def _capture(self, rows: Tensor) -> None:
        self.rows, graph = rows.clone(), torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self.result = self.step(self.rows)
            self.graph = graph
            self.log(f"{self.name}: step captured as a CUDA graph")
        except RuntimeError as error:
            torch.cuda.synchronize()
            self.log(f"{self.name}: no CUDA graph, steps run one kernel at a time: {str(error).splitlines()[0]}")
