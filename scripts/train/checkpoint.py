"""What training leaves of a model, as plain arrays: any version of PyTorch and any device can go on from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import codec
from trainer import Quantizer, stored_as_half


class Checkpoints:
    """The models of every .npz of a folder; what this process saves goes to one of its own.

    A file holds arrays MODEL/PART/NAME. Matrices that ship as float16 are rounded by then and stored so.
    """

    def __init__(self, folder: Path | None, file: str) -> None:
        self.path, self.saved, self.found = folder and folder / f"{file}.npz", {}, {}
        for path in sorted(folder.glob("*.npz")) if folder else []:
            with np.load(path) as arrays:
                content = dict(arrays)
            self.found |= content
            if path == self.path:
                self.saved = content

    def has(self, model: str, part: str) -> bool:
        return any(key.startswith(f"{model}/{part}/") for key in self.found)

    def save(self, model: str, part: str, state: dict[str, Tensor]) -> None:
        if self.path is None:
            return
        for name, tensor in state.items():
            kept = tensor.half() if part in ("encoder", "decoder") and stored_as_half(tensor) else tensor
            self.saved[f"{model}/{part}/{name}"] = kept.detach().cpu().numpy()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, **self.saved)
        partial.rename(self.path)

    def load(self, model: str, part: str) -> dict[str, Tensor]:
        head = f"{model}/{part}/"
        arrays = {key[len(head) :]: value for key, value in self.found.items() if key.startswith(head)}
        return {name: torch.from_numpy(a.astype(np.float32) if a.dtype == np.float16 else a) for name, a in arrays.items()}

    def restore(self, model: str, part: str, module: nn.Module) -> None:
        module.load_state_dict(self.load(model, part))

    def save_quantizer(self, model: str, quantizer: Quantizer) -> None:
        self.save(model, "quantizer", {"bits": quantizer.bits, "step": quantizer.step})

    def load_quantizer(self, model: str, device: torch.device) -> Quantizer:
        state = self.load(model, "quantizer")
        return Quantizer(state["bits"].to(device), state["step"].to(device))

    def save_allocation(self, model: str, allocation: codec.PhaseAllocation, theta: int) -> None:
        unit = torch.tensor(allocation.unit, dtype=torch.float64)
        self.save(model, "allocation", {"matrix": allocation.matrix, "bias": allocation.bias, "unit": unit, "theta": torch.tensor(theta)})

    def load_allocation(self, model: str, max_bits: int, device: torch.device) -> tuple[codec.PhaseAllocation, int]:
        s = self.load(model, "allocation")
        return codec.PhaseAllocation(s["matrix"].to(device), s["bias"].to(device), float(s["unit"]), max_bits), int(s["theta"])

    def save_training(self, model: str, training: dict) -> None:
        """What the manifest will say of this model's training."""
        self.save(model, "training", {"json": torch.tensor(list(json.dumps(training).encode()), dtype=torch.uint8)})

    def load_training(self, model: str) -> dict:
        return json.loads(bytes(self.load(model, "training")["json"].tolist()))
