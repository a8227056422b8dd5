"""Raw CSI to network input and back, as csi/src/normalize.ts does it; and one split of a data set as tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dataset import CsiDataset


def planes_of(csi: np.ndarray, planes: int) -> np.ndarray:
    """Complex [N, D] -> |h| [N, D] for one plane, |Re| and |Im| [N, 2*D] for two."""
    return np.abs(csi) if planes == 1 else np.hstack([np.abs(csi.real), np.abs(csi.imag)])


class Spherical:
    """Each sample divided by its own norm: a squared error of the network is a normalised one."""

    floor = 0.0

    def __init__(self, config: dict, planes: int) -> None:
        self.scale, self.planes = config["scale"], planes

    def manifest(self) -> dict:
        return {"kind": "spherical", "scale": self.scale}

    def features(self, data: CsiDataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return planes_of(data.downlink, self.planes), planes_of(data.uplink, self.planes), np.ones(len(data), np.float32)

    def relative(self, output: Tensor, norm_db: np.ndarray) -> np.ndarray:
        """Network output as magnitudes relative to the sample's true norm, leaving out the quantised norm's error."""
        return output.clamp(min=0).numpy()

    def gain(self, norm_db: np.ndarray) -> np.ndarray:
        """What the quantised norm adds: estimate times gain is relative to the true norm."""
        s = self.scale
        level = np.clip(np.round((norm_db - s["minDb"]) / s["stepDb"]), 0, 2 ** s["bits"] - 1)
        return 10 ** ((s["minDb"] + s["stepDb"] * level - norm_db) / 20)

    @property
    def scale_bits(self) -> int:
        return self.scale["bits"]


class Minmax:
    """0.5 + 0.5 |h| / max, with the maximum over the training set, uplink and downlink apart: the reference's."""

    floor, scale_bits = 0.5, 0

    def __init__(self, train: CsiDataset) -> None:
        peak = lambda csi, db: float((np.abs(csi).max(1) * 10 ** (db / 20)).max())
        self.downlink_max, self.uplink_max = peak(train.downlink, train.downlink_db), peak(train.uplink, train.uplink_db)

    def manifest(self) -> dict:
        return {"kind": "minmax", "downlink": {"min": 0, "max": self.downlink_max}, "uplink": {"min": 0, "max": self.uplink_max}}

    def features(self, data: CsiDataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        map_ = lambda csi, db, top: (0.5 + 0.5 / top * np.abs(csi) * 10 ** (db[:, None] / 20)).astype(np.float32)
        norm = 0.5 / self.downlink_max * 10 ** (data.downlink_db / 20)
        return (
            map_(data.downlink, data.downlink_db, self.downlink_max), map_(data.uplink, data.uplink_db, self.uplink_max),
            (norm**-2).astype(np.float32),
        )

    def relative(self, output: Tensor, norm_db: np.ndarray) -> np.ndarray:
        return (output.numpy().clip(0.5) - 0.5) * 2 * self.downlink_max / 10 ** (norm_db[:, None] / 20)

    def gain(self, norm_db: np.ndarray) -> np.ndarray:
        return np.ones(len(norm_db), np.float32)


class Split:
    """Tensors of one split; rows are samples. weight: of each sample's squared error, so that it is a normalised one."""

    def __init__(self, data: CsiDataset, normalization: Spherical | Minmax) -> None:
        self.csi, self.uplink_csi, self.norm_db, self.sha256 = data.downlink, data.uplink, data.downlink_db, data.sha256
        self.downlink_over_uplink_db = float((data.downlink_db - data.uplink_db).mean())
        x, u, weight = normalization.features(data)
        self.x, self.u, self.weight = torch.from_numpy(x), torch.from_numpy(u), torch.from_numpy(weight)

    def __len__(self) -> int:
        return len(self.csi)
