"""Path reports from Python: the C codec by ctypes, numpy arrays in and out.

    npx edge-csi embed --model paths-indoor --out path-codec
    python3 ue-client/examples/python/path_report.py path-codec csi.npy 200

csi.npy: complex [N, antennas, delays], angular-delay, as `edge-csi convert --out csi.npy` writes it. In a notebook:

    codec = PathCodec('path-codec')
    payload, bits = codec.encode(csi[0], max_bits=200)
    estimate = codec.decode(payload, bits)
"""
import ctypes
import pathlib
import subprocess
import sys

import numpy as np

FLAGS = ["-std=c99", "-O2", "-ffp-contract=off", "-fno-math-errno", "-shared", "-fPIC"]
SHAPE = "const edge_csi_paths_model *model = &edge_csi_paths_tables; const uint32_t memory = EDGE_CSI_PATHS_MODEL_MEMORY;"


class Rate(ctypes.Structure):
    _fields_ = [("max_bits", ctypes.c_uint32), ("price", ctypes.c_float), ("target", ctypes.c_float), ("noise", ctypes.c_float)]


class Model(ctypes.Structure):
    _fields_ = [("integers", ctypes.POINTER(ctypes.c_int32)), ("floats", ctypes.POINTER(ctypes.c_float))]


class PathCodec:
    """Both ends of a path report: a folder that `edge-csi embed` wrote, compiled to a shared library in it."""

    def __init__(self, folder, cc="cc"):
        folder = pathlib.Path(folder).resolve()
        library = folder / "libpaths.so"
        source = f'#include "paths.c"\n#include "paths-model.h"\n{SHAPE}\n'
        subprocess.run([cc, *FLAGS, "-I", folder, "-x", "c", "-", "-o", library, "-lm"], input=source, text=True, check=True)
        self._c = ctypes.CDLL(str(library))
        self._model = ctypes.POINTER(Model).in_dll(self._c, "model")
        self._memory = np.zeros(ctypes.c_uint32.in_dll(self._c, "memory").value // 4, np.uint32)
        n1, n2, delays = self._model.contents.integers[:3]
        self.shape = (n1 * n2, delays)

    def encode(self, csi, max_bits=200, price=0.0, noise=-1.0):
        """Complex [antennas, delays] -> payload bytes, bits. noise: variance of an entry; negative: to be estimated."""
        if csi.shape != self.shape:
            raise ValueError(f"CSI is {csi.shape}, the model takes {self.shape}")
        parts = np.ascontiguousarray([csi.real, csi.imag], np.float32)
        payload = np.zeros(250, np.uint8)
        rate = Rate(max_bits, price, 0.0, noise)
        bits = self._c.edge_csi_paths_encode(self._model, _at(self._memory), _at(parts), ctypes.byref(rate), None, _at(payload), None)
        if bits < 0:
            raise ValueError({-1: "the CSI is zero or not finite", -2: "max_bits is not 40 to 2000, or price not 0 to 1"}[bits])
        return payload[: (bits + 7) // 8].tobytes(), bits

    def decode(self, payload, bits=0):
        """Payload bytes -> complex [antennas, delays]."""
        parts = np.zeros((2, *self.shape), np.float32)
        data = np.frombuffer(payload, np.uint8)
        if self._c.edge_csi_paths_decode(self._model, _at(self._memory), _at(data), len(data), bits, None, None, _at(parts)) < 0:
            raise ValueError("no encoder writes this payload")
        return parts[0] + 1j * parts[1]


def _at(array):
    return ctypes.c_void_p(array.ctypes.data)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python3 path_report.py FOLDER CSI.npy MAX_BITS")
    codec = PathCodec(sys.argv[1])
    for number, csi in enumerate(np.load(sys.argv[2])):
        payload, bits = codec.encode(csi, max_bits=int(sys.argv[3]))
        error = np.sum(np.abs(csi - codec.decode(payload, bits)) ** 2) / np.sum(np.abs(csi) ** 2)
        print(f"sample {number}: {bits} bits, NMSE {10 * np.log10(error):.1f} dB")
