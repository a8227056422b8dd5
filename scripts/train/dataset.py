"""CSI data sets: of a path list, or of any other file that edge-csi reads.

A path list stores, for each sample, the propagation paths of one UE: azimuth, elevation, delay and complex
downlink gain, plus the uplink/downlink gain ratio. Both bands are synthesised from the same list, so the two
share geometry and differ in carrier, which is what FDD reciprocity is.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import csi_file

SPEED_OF_LIGHT = 3e8  # the constant of the COST 2100 code; steering is defined with it
PATHS_AT_ONCE = 200_000
"""Paths synthesised together when a whole list is: bounds the memory of their kernels."""


def _dirichlet(offset: Tensor, count: int, size: int) -> Tensor:
    """Unitary inverse DFT of exp(-j 2 pi k offset / size) at index 0 .. count-1: [...] -> complex [..., count]."""
    x = torch.arange(count, dtype=offset.dtype, device=offset.device) - offset.unsqueeze(-1)
    x = x - size * torch.round(x / size)  # the kernel's period: keeps single precision accurate near its other peaks
    denominator = torch.sin(torch.pi * x / size)
    peak = denominator.abs() < 1e-12
    ratio = (torch.sin(torch.pi * x) / denominator.masked_fill(peak, 1.0)).masked_fill(peak, size)
    return torch.polar(ratio / size**0.5, torch.pi * x * ((size - 1) / size))


@dataclass(frozen=True)
class Csi:
    """CSI of a batch of samples.

    downlink, uplink: complex64 [N, Nt*Nd], each sample divided by its own norm. downlink_db, uplink_db: float32 [N],
    those norms. Without an uplink, both of its fields are None.
    """

    downlink: Tensor
    uplink: Tensor | None
    downlink_db: Tensor
    uplink_db: Tensor | None

    def __len__(self) -> int:
        return len(self.downlink)

    def rows(self, index: Tensor | slice) -> Csi:
        return Csi(*(field if field is None else field[index] for field in (self.downlink, self.uplink, self.downlink_db, self.uplink_db)))


class PathList:
    """The paths of every sample as both bands see them, padded with silent ones to one length: [N, P] on one device."""

    def __init__(self, paths: dict, csi: dict, samples: np.ndarray, device: torch.device) -> None:
        self.num_antennas, self.num_delays, self.num_subcarriers = csi["numAntennas"], csi["numDelays"], csi["numSubcarriers"]
        first, counts = paths["path_start"][samples].astype(np.int64), np.diff(paths["path_start"])[samples]
        place = np.arange(counts.max())
        present = place < counts[:, None]
        rows = np.where(present, first[:, None] + place, 0)
        field = lambda name: paths[name].astype(np.float64)[rows]
        delay_s = field("delay_ns") * 1e-9
        gain = (field("gain_re") + 1j * field("gain_im")) * present
        uplink_gain = gain * field("uplink_gain_ratio")
        if "uplink_phase_rad" in paths:
            uplink_gain = uplink_gain * np.exp(1j * field("uplink_phase_rad"))
        direction = np.cos(field("azimuth_rad")) * np.cos(field("elevation_rad"))
        bandwidth_hz, downlink_hz, uplink_hz = csi["bandwidthHz"], csi["downlinkCarrierHz"], csi["uplinkCarrierHz"]
        at_edge = lambda carrier_hz: np.exp(-2j * np.pi * (carrier_hz - bandwidth_hz / 2) * delay_s)
        # The array is shared: its spacing is half the downlink wavelength in both bands.
        beam = lambda carrier_hz: direction * carrier_hz / (2 * downlink_hz) * self.num_antennas
        tensor = lambda array: torch.from_numpy(array).to(device)
        self.delay_bins = tensor(delay_s * bandwidth_hz)
        self.downlink = tensor(gain * at_edge(downlink_hz)), tensor(beam(downlink_hz))
        self.uplink = tensor(uplink_gain * at_edge(uplink_hz)), tensor(beam(uplink_hz))

    def __len__(self) -> int:
        return len(self.delay_bins)

    def rows(self, index: Tensor) -> PathList:
        part = copy.copy(self)
        part.delay_bins = self.delay_bins[index]
        part.downlink, part.uplink = (tuple(field[index] for field in band) for band in (self.downlink, self.uplink))
        return part

    def synthesize(self, rows: Tensor | slice, phase_rad: Tensor | None = None, precision: torch.dtype = torch.float64) -> Csi:
        """CSI of some samples; phase_rad [N, P] turns every path, equally in both bands: another draw of small-scale fading."""
        delays = _dirichlet(self.delay_bins[rows].to(precision), self.num_delays, self.num_subcarriers)
        if phase_rad is not None:
            delays = delays * torch.polar(torch.ones_like(phase_rad), phase_rad).unsqueeze(-1)
        unit, norm_db = [], []
        for gain, beam in (self.downlink, self.uplink):
            angles = _dirichlet(beam[rows].to(precision), self.num_antennas, self.num_antennas)
            weighted = delays * gain[rows].to(delays.dtype).unsqueeze(-1)
            h = (angles.transpose(1, 2) @ weighted).flatten(1)
            norm = torch.linalg.vector_norm(h, dim=1)
            unit.append((h / norm.unsqueeze(1)).to(torch.complex64))
            norm_db.append((20 * torch.log10(norm)).float())
        return Csi(*unit, *norm_db)

    def faded(self, rows: Tensor, share: float) -> Csi:
        """CSI of some samples, a share of them with a new phase on every path."""
        shape, device = (len(rows), self.delay_bins.shape[1]), self.delay_bins.device
        changed = torch.rand(shape[0], 1, device=device) < share
        return self.synthesize(rows, 2 * torch.pi * torch.rand(shape, device=device) * changed, torch.float32)


HELD_OUT = 0.05
"""Share of a file that `CsiDataset.split` keeps from training, about."""


@dataclass(frozen=True)
class CsiDataset:
    """One split: its CSI as the file gives it, and the paths to draw it again with other fading, where they are known.

    groups [N]: samples of one number share their scatterers.
    """

    csi: Csi
    paths: PathList | None
    groups: np.ndarray
    sha256: str

    def __len__(self) -> int:
        return len(self.csi)

    def split(self) -> tuple[CsiDataset, CsiDataset]:
        """To train on, and held out: whole groups, since samples of one are not independent."""
        names = np.random.default_rng(0).permutation(np.unique(self.groups))
        held = np.isin(self.groups, names[: max(1, round(len(names) * HELD_OUT))])
        if len(names) < 2:
            raise SystemExit(f"{len(self)} samples of one environment or UE: some of another are needed, to hold out")
        return self.rows(np.flatnonzero(~held)), self.rows(np.flatnonzero(held))

    def rows(self, index: np.ndarray) -> CsiDataset:
        rows = torch.from_numpy(index)
        return CsiDataset(self.csi.rows(rows), self.paths and self.paths.rows(rows), self.groups[index], self.sha256)


def load(path: Path, csi: dict, device: torch.device, limit: int | None = None, reading: list[str] | None = None) -> CsiDataset:
    """Reads every sample of a file (or `limit` of a seeded shuffle) in both bands. csi: the link; reading: as of csi_file.reading_of."""
    # What edge-csi alone does: everything but a path list whose delays are as they stand.
    paths = csi_file.is_path_list(path) and csi["timing"] == "absolute"
    stored = dict(np.load(path)) if paths else csi_file.read(path, csi, reading or [])
    count = len(stored["path_start"]) - 1 if paths else len(stored["downlink"])
    samples = np.arange(count)
    if limit is not None and limit < count:
        samples = np.sort(np.random.default_rng(0).permutation(count)[:limit])
    sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return CsiDataset(*(_synthesized if paths else _measured)(stored, csi, samples, device), _groups(stored, count)[samples], sha256)


def load_splits(
    source: Path, environment: str, csi: dict, device: torch.device, limit: int | None, reading: list[str]
) -> tuple[CsiDataset, CsiDataset]:
    """What DualNet is trained on and validated on: of a folder, both splits of COST 2100; of a file, some of it is held out."""
    if not source.is_file():
        paths = [source / f"cost2100-{environment}-{name}.npz" for name in ("train", "val")]
        for path in paths:
            if not path.is_file():
                raise SystemExit(f"{path} is missing: --data is {source}; expected a folder that holds it, or a file of your own")
        return load(paths[0], csi, device, limit, reading), load(paths[1], csi, device, None, reading)
    data = load(source, csi, device, limit, reading)
    if data.csi.uplink is None:
        raise SystemExit(f"{source} has no uplink, and DualNet's decoder takes one: give it with --uplink, or train a network without one (autoencoder.py)")
    return data.split()


def _synthesized(stored: dict, csi: dict, samples: np.ndarray, device: torch.device) -> tuple[Csi, PathList]:
    paths = PathList(stored, csi, samples, device)
    step = max(1, PATHS_AT_ONCE // paths.delay_bins.shape[1])
    parts = [paths.synthesize(slice(start, start + step)) for start in range(0, len(paths), step)]
    return Csi(*(torch.cat([getattr(p, name) for p in parts]) for name in ("downlink", "uplink", "downlink_db", "uplink_db"))), paths


def _measured(stored: dict, csi: dict, samples: np.ndarray, device: torch.device) -> tuple[Csi, None]:
    fields = {"uplink": None, "uplink_db": None}
    for band in ("downlink", "uplink"):
        if band in stored:
            h = torch.from_numpy(stored[band][samples]).to(device).flatten(1)
            norm = torch.linalg.vector_norm(h, dim=1)
            fields |= {band: h / norm.unsqueeze(1), f"{band}_db": 20 * torch.log10(norm)}
    return Csi(**fields), None


def _groups(stored: dict, count: int) -> np.ndarray:
    """Environment of each sample, or its UE; where the file says neither, runs of neighbours stand for one."""
    for column in ("environment", "ue"):
        if column in stored:
            return stored[column].astype(np.int64)
    return np.arange(count) * 100 // count
