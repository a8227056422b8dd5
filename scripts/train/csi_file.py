"""CSI of any file that edge-csi reads, by its own reader: `edge-csi convert` writes the matrices, and these are read."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

PROGRAM = Path(__file__).resolve().parents[1] / "cli/bin/edge-csi.js"
READING = {
    "uplink": "uplink CSI, where --data has the downlink only",
    "variable": "downlink variable, where there are several; RE,IM where its parts are two",
    "uplink-variable": "uplink variable, where its name does not tell",
    "layout": "what the last axis is: angular-delay or spatial-frequency",
    "scale": "multiply CSI by a number; unit: each UE's to norm 1",
}
"""Options of edge-csi on how a file is read; what they may be, edge-csi says."""
LINK = {
    "antennas": ("numAntennas", int, 1), "delays": ("numDelays", int, 1), "subcarriers": ("numSubcarriers", int, 1),
    "bandwidth-mhz": ("bandwidthHz", float, 1e6), "downlink-ghz": ("downlinkCarrierHz", float, 1e9),
    "uplink-ghz": ("uplinkCarrierHz", float, 1e9), "timing": ("timing", str, 1),
}
"""Options of edge-csi on the link: field of a manifest's `csi`, type, unit."""
INDOOR = {
    "numAntennas": 32, "numDelays": 32, "numSubcarriers": 1024, "bandwidthHz": 20e6,
    "downlinkCarrierHz": 5.3e9, "uplinkCarrierHz": 5.1e9, "timing": "absolute",
}


def attribute(option: str) -> str:
    return option.replace("-", "_")


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `edge-csi convert` that say how a file is read."""
    group = parser.add_argument_group("how --data is read, as by edge-csi convert (docs/data-formats.md)")
    for name, text in READING.items():
        group.add_argument(f"--{name}", help=text)


def add_link_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `edge-csi convert` that say what link a file is of."""
    group = parser.add_argument_group("what link --data is of")
    for name, (field, kind, _) in LINK.items():
        group.add_argument(f"--{name}", type=kind, help=field)


def link_of(arguments: argparse.Namespace, default: dict) -> dict:
    """A manifest's `csi`: the default with what the command line says in its place."""
    given = {name: getattr(arguments, attribute(name)) for name in LINK}
    return {**default, **{LINK[name][0]: value * LINK[name][2] if LINK[name][1] is float else value for name, value in given.items() if value is not None}}


def _given(arguments: argparse.Namespace, names) -> list[str]:
    given = {name: getattr(arguments, attribute(name)) for name in names}
    return [part for name, value in given.items() if value is not None for part in (f"--{name}", str(value))]


def reading_of(arguments: argparse.Namespace) -> list[str]:
    """The options on how a file is read that the command line has, for edge-csi."""
    return _given(arguments, READING)


def options_of(arguments: argparse.Namespace) -> list[str]:
    """All options on reading and link that the command line has, for edge-csi or another run of a script."""
    return _given(arguments, [*READING, *LINK])


def edge_csi(*arguments: object, quiet: bool = False) -> None:
    """Runs edge-csi; where it refuses, its own message has been printed and this process ends with its exit code."""
    try:
        code = subprocess.run(["node", str(PROGRAM), *map(str, arguments)], stdout=subprocess.DEVNULL if quiet else None).returncode
    except FileNotFoundError:
        sys.exit("node is not installed: edge-csi, which reads data and completes models, needs it")
    if code != 0:
        sys.exit(code)


def is_path_list(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "path_start.npy" in archive.namelist()


def read(path: Path, csi: dict, reading: list[str]) -> dict[str, np.ndarray]:
    """Arrays of a file: downlink and, where there is one, uplink, complex64 [N, Nt, Nd], and columns [N] by name.

    csi: the link, as a manifest has it; reading: as of reading_of.
    """
    link = [part for name, (field, kind, unit) in LINK.items() for part in (f"--{name}", csi[field] / unit if kind is float else csi[field])]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "csi.npz"
        edge_csi("convert", "--data", path, *reading, *link, "--out", out)
        with np.load(out) as arrays:
            return dict(arrays)
