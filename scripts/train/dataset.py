"""CSI data sets from COST 2100 path lists.

A path list stores, for each sample, the propagation paths of one UE: azimuth, elevation, delay and complex
downlink gain, plus the uplink/downlink gain ratio. Both bands are synthesised from the same list, so the two
share geometry and differ in carrier, which is what FDD reciprocity is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SPEED_OF_LIGHT = 3e8  # the constant of the COST 2100 code; steering is defined with it


@dataclass(frozen=True)
class Band:
    """One carrier of the link. All bands share the array, whose spacing is half the downlink wavelength."""

    carrier_hz: float
    downlink_carrier_hz: float
    bandwidth_hz: float = 20e6
    num_subcarriers: int = 1024
    uplink: bool = False


def _dirichlet(x: np.ndarray, size: int) -> np.ndarray:
    """Unitary inverse DFT of exp(-j 2 pi k p / size), at x = index - p bins: 1/sqrt(size) sum_k exp(j 2 pi k x / size)."""
    denominator = np.sin(np.pi * x / size)
    peak = np.abs(denominator) < 1e-12
    ratio = np.where(peak, size, np.sin(np.pi * x) / np.where(peak, 1.0, denominator))
    return ratio * np.exp(1j * np.pi * x * (size - 1) / size) / np.sqrt(size)


def synthesize(paths: dict, index: int, band: Band, num_antennas: int, num_delays: int) -> np.ndarray:
    """Angular-delay CSI, complex [num_antennas, num_delays], of one sample of a path list, in closed form."""
    rows = slice(paths["path_start"][index], paths["path_start"][index + 1])
    delay_s = paths["delay_ns"][rows].astype(np.float64) * 1e-9
    gain = paths["gain_re"][rows].astype(np.float64) + 1j * paths["gain_im"][rows].astype(np.float64)
    if band.uplink:
        gain = gain * paths["uplink_gain_ratio"][rows]
    gain = gain * np.exp(-2j * np.pi * (band.carrier_hz - band.bandwidth_hz / 2) * delay_s)
    taps = np.arange(num_delays) - delay_s[:, None] * band.bandwidth_hz
    delays = gain[:, None] * _dirichlet(taps, band.num_subcarriers)
    spacing_m = SPEED_OF_LIGHT / (2 * band.downlink_carrier_hz)
    spatial_frequency = (
        spacing_m * band.carrier_hz / SPEED_OF_LIGHT
        * np.cos(paths["azimuth_rad"][rows].astype(np.float64))
        * np.cos(paths["elevation_rad"][rows].astype(np.float64))
    )
    angles = _dirichlet(np.arange(num_antennas) - spatial_frequency[:, None] * num_antennas, num_antennas)
    return angles.T @ delays


@dataclass(frozen=True)
class CsiDataset:
    """Downlink and uplink CSI of one split.

    downlink: complex64 [N, Nt*Nd], divided by its own norm. norm_db: float32 [N], that norm.
    uplink: float32 [N, Nt*Nd], magnitude divided by its own norm.
    """

    downlink: np.ndarray
    uplink: np.ndarray
    norm_db: np.ndarray
    sha256: str

    @property
    def magnitude(self) -> np.ndarray:
        return np.abs(self.downlink)

    def __len__(self) -> int:
        return len(self.downlink)


def load(path: Path, downlink_hz: float, uplink_hz: float, num_antennas: int, num_delays: int, limit: int | None = None) -> CsiDataset:
    """Synthesises every sample of a path list (or the first `limit` of a seeded shuffle)."""
    paths = dict(np.load(path))
    count = len(paths["path_start"]) - 1
    order = np.arange(count)
    if limit is not None and limit < count:
        order = np.sort(np.random.default_rng(0).permutation(count)[:limit])
    shape = (len(order), num_antennas * num_delays)
    downlink, uplink = np.empty(shape, np.complex64), np.empty(shape, np.float32)
    norm_db = np.empty(len(order), np.float32)
    down = Band(downlink_hz, downlink_hz)
    up = Band(uplink_hz, downlink_hz, uplink=True)
    for row, index in enumerate(order):
        h = synthesize(paths, index, down, num_antennas, num_delays).reshape(-1)
        u = np.abs(synthesize(paths, index, up, num_antennas, num_delays)).reshape(-1)
        norm = np.linalg.norm(h)
        downlink[row], uplink[row], norm_db[row] = h / norm, u / np.linalg.norm(u), 20 * np.log10(norm)
    return CsiDataset(downlink, uplink, norm_db, hashlib.sha256(Path(path).read_bytes()).hexdigest())
