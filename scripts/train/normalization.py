"""Raw CSI to network input and back, as csi/src/codec/dualnet/normalize.ts does it; and one split of a data set as tensors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dataset import Csi, CsiDataset


def planes_of(csi: Tensor, planes: int) -> Tensor:
    """Complex [N, D] -> |h| [N, D] for one plane, |Re| and |Im| [N, 2*D] for two."""
    return csi.abs() if planes == 1 else torch.cat([csi.real.abs(), csi.imag.abs()], 1)


class Spherical:
    """Each sample divided by its own norm: a squared error of the network is a normalised one."""

    floor = 0.0

    def __init__(self, config: dict, planes: int) -> None:
        self.scale, self.planes = config["scale"], planes

    def manifest(self) -> dict:
        return {"kind": "spherical", "scale": self.scale}

    def features(self, csi: Csi) -> tuple[Tensor, Tensor, Tensor]:
        return planes_of(csi.downlink, self.planes), planes_of(csi.uplink, self.planes), torch.ones_like(csi.downlink_db)

    def relative(self, output: Tensor, norm_db: Tensor) -> Tensor:
        """Network output as magnitudes relative to the sample's true norm, leaving out the quantised norm's error."""
        return output.clamp(min=0)

    def gain(self, norm_db: Tensor) -> Tensor:
        """What the quantised norm adds: estimate times gain is relative to the true norm."""
        s = self.scale
        level = torch.round((norm_db - s["minDb"]) / s["stepDb"]).clamp(0, 2 ** s["bits"] - 1)
        return 10 ** ((s["minDb"] + s["stepDb"] * level - norm_db) / 20)

    @property
    def scale_bits(self) -> int:
        return self.scale["bits"]


class Minmax:
    """0.5 + 0.5 |h| / max, with the maximum over the training set, uplink and downlink apart: the reference's."""

    floor, scale_bits = 0.5, 0

    def __init__(self, train: Csi) -> None:
        peak = lambda csi, db: float((csi.abs().amax(1) * 10 ** (db / 20)).max())
        self.downlink_max, self.uplink_max = peak(train.downlink, train.downlink_db), peak(train.uplink, train.uplink_db)

    def manifest(self) -> dict:
        return {"kind": "minmax", "downlink": {"min": 0, "max": self.downlink_max}, "uplink": {"min": 0, "max": self.uplink_max}}

    def features(self, csi: Csi) -> tuple[Tensor, Tensor, Tensor]:
        map_ = lambda unit, db, top: 0.5 + 0.5 / top * unit.abs() * 10 ** (db.unsqueeze(1) / 20)
        norm = 0.5 / self.downlink_max * 10 ** (csi.downlink_db / 20)
        return map_(csi.downlink, csi.downlink_db, self.downlink_max), map_(csi.uplink, csi.uplink_db, self.uplink_max), norm**-2

    def relative(self, output: Tensor, norm_db: Tensor) -> Tensor:
        return (output.clamp(min=0.5) - 0.5) * 2 * self.downlink_max / 10 ** (norm_db.unsqueeze(1) / 20)

    def gain(self, norm_db: Tensor) -> Tensor:
        return torch.ones_like(norm_db)


@dataclass(frozen=True)
class Batch:
    """Network input x and uplink u [N, planes*Nt*Nd] of the CSI given. weight [N]: of each sample's squared error, so that it is
    a normalised one."""

    csi: Csi
    x: Tensor
    u: Tensor
    weight: Tensor

    @staticmethod
    def of(csi: Csi, normalization: Spherical | Minmax) -> Batch:
        return Batch(csi, *normalization.features(csi))


class Split:
    """One split of a data set as tensors; rows are samples."""

    def __init__(self, data: CsiDataset, normalization: Spherical | Minmax) -> None:
        self.all = Batch.of(data.csi, normalization)
        self.paths, self.sha256, self.normalization = data.paths, data.sha256, normalization
        self.downlink_over_uplink_db = float((data.csi.downlink_db - data.csi.uplink_db).mean())

    def __len__(self) -> int:
        return len(self.all.x)

    def rows(self, index: Tensor | slice) -> Batch:
        a = self.all
        return Batch(a.csi.rows(index), a.x[index], a.u[index], a.weight[index])

    def faded(self, rows: Tensor, share: float) -> Batch:
        """Some samples, a share of them under another draw of small-scale fading."""
        return self.rows(rows) if share == 0 else Batch.of(self.paths.faded(rows, share), self.normalization)
