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


class PathKernels:
    """The paths of one sample as one band sees them: a Dirichlet kernel in delay and one in angle for each."""

    def __init__(self, paths: dict, index: int, band: Band, num_antennas: int, num_delays: int) -> None:
        rows = slice(paths["path_start"][index], paths["path_start"][index + 1])
        delay_s = paths["delay_ns"][rows].astype(np.float64) * 1e-9
        gain = paths["gain_re"][rows].astype(np.float64) + 1j * paths["gain_im"][rows].astype(np.float64)
        if band.uplink:
            gain = gain * paths["uplink_gain_ratio"][rows]
            if "uplink_phase_rad" in paths:
                gain = gain * np.exp(1j * paths["uplink_phase_rad"][rows].astype(np.float64))
        self.gain = gain * np.exp(-2j * np.pi * (band.carrier_hz - band.bandwidth_hz / 2) * delay_s)
        self.delays = _dirichlet(np.arange(num_delays) - delay_s[:, None] * band.bandwidth_hz, band.num_subcarriers)
        spacing_m = SPEED_OF_LIGHT / (2 * band.downlink_carrier_hz)
        spatial_frequency = (
            spacing_m * band.carrier_hz / SPEED_OF_LIGHT
            * np.cos(paths["azimuth_rad"][rows].astype(np.float64))
            * np.cos(paths["elevation_rad"][rows].astype(np.float64))
        )
        self.angles = _dirichlet(np.arange(num_antennas) - spatial_frequency[:, None] * num_antennas, num_antennas)

    def csi(self, phasor: np.ndarray | float = 1.0) -> np.ndarray:
        """Angular-delay CSI, complex [num_antennas, num_delays], with each path's gain times its phasor."""
        return self.angles.T @ ((self.gain * phasor)[:, None] * self.delays)


@dataclass(frozen=True)
class CsiDataset:
    """Downlink and uplink CSI of one split.

    downlink, uplink: complex64 [N, Nt*Nd], each sample divided by its own norm. downlink_db, uplink_db: float32 [N],
    those norms.
    """

    downlink: np.ndarray
    uplink: np.ndarray
    downlink_db: np.ndarray
    uplink_db: np.ndarray
    sha256: str

    def __len__(self) -> int:
        return len(self.downlink)


def load(path: Path, csi: dict, limit: int | None = None, fading_draws: int = 1) -> CsiDataset:
    """Synthesises every sample of a path list (or `limit` of a seeded shuffle) in both bands.

    csi: the config's link. fading_draws: times each sample is synthesised; from the second on with a new phase on every
    path, equal in both bands: another draw of small-scale fading over the same geometry.
    """
    paths = dict(np.load(path))
    count = len(paths["path_start"]) - 1
    rng = np.random.default_rng(0)
    order = np.arange(count)
    if limit is not None and limit < count:
        order = np.sort(rng.permutation(count)[:limit])
    nt, nd = csi["numAntennas"], csi["numDelays"]
    bands = (Band(csi["downlinkCarrierHz"], csi["downlinkCarrierHz"]), Band(csi["uplinkCarrierHz"], csi["downlinkCarrierHz"], uplink=True))
    matrices = [np.empty((fading_draws * len(order), nt * nd), np.complex64) for _ in bands]
    norms_db = [np.empty(fading_draws * len(order), np.float32) for _ in bands]
    for place, index in enumerate(order):
        kernels = [PathKernels(paths, index, band, nt, nd) for band in bands]
        for draw in range(fading_draws):
            phasor = 1.0 if draw == 0 else np.exp(2j * np.pi * rng.random(len(kernels[0].gain)))
            for kernel, matrix, norm_db in zip(kernels, matrices, norms_db):
                h = kernel.csi(phasor).reshape(-1)
                norm, row = np.linalg.norm(h), draw * len(order) + place
                matrix[row], norm_db[row] = h / norm, 20 * np.log10(norm)
    return CsiDataset(*matrices, *norms_db, hashlib.sha256(Path(path).read_bytes()).hexdigest())
