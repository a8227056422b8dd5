"""Adam as captured steps need it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Optimizer:
    """Adam over groups of parameters, each with a rate of its own that `scale` multiplies.

    On a GPU rates and counters are tensors there, so that a captured step goes by them.
    """

    def __init__(self, groups: list[list[nn.Parameter]], rates: list[float]) -> None:
        device = groups[0][0].device
        gpu = device.type == "cuda"
        given = [{"params": p, "lr": torch.tensor(lr, device=device) if gpu else lr} for p, lr in zip(groups, rates)]
        self.rates, self.adam = rates, torch.optim.Adam(given, **({"capturable": True, "fused": True} if gpu else {}))

    def scale(self, factor: float) -> None:
        for group, rate in zip(self.adam.param_groups, self.rates):
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate * factor)
            else:
                group["lr"] = rate * factor

    def drop_groups(self, first: int) -> None:
        """Leaves out the groups from `first` on, whose parameters Adam's momentum would go on moving."""
        del self.adam.param_groups[first:]

    def minimize(self, loss: Tensor) -> None:
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()

    def forget(self) -> None:
        """Clears moments and counters, in place: a captured step goes on with these tensors."""
        for state in self.adam.state.values():
            for value in state.values():
                value.zero_()
