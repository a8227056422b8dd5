"""Reads a model of the zoo, trained or pruned, back into the modules it was exported from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from dualnet import Encoder
from trainer import Quantizer
from unrolled import UnrolledDecoder

CONSTANT = {
    "Cast": lambda a: a.astype(np.float32), "Identity": lambda a: a, "Floor": np.floor, "Mul": np.multiply, "Sub": np.subtract,
    "Concat": lambda *parts: np.concatenate(parts, 1),
}
"""What weights are unpacked with when a graph is loaded."""


@dataclass(frozen=True)
class Loaded:
    manifest: dict
    encoder: Encoder
    decoder: UnrolledDecoder
    quantizer: Quantizer


def _constants(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Initializers and what follows from them alone, by name."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type in CONSTANT and all(name in values for name in node.input):
            values[node.output[0]] = CONSTANT[node.op_type](*(values[name] for name in node.input))
    return values


def _encoder(graph: onnx.GraphProto, planes: int, num_antennas: int, num_delays: int) -> Encoder:
    values = _constants(graph)
    dense = [node for node in graph.node if node.op_type == "Gemm"]
    if any(node.op_type == "Conv" for node in graph.node):
        raise ValueError("encoder.onnx has a convolution: fold it first, with edge-csi prune")
    weight, bias = values[dense[0].input[1]].astype(np.float32), values[dense[0].input[2]].copy()
    for node in dense[1:]:
        outer = values[node.input[1]].astype(np.float32)
        weight, bias = outer @ weight, outer @ bias + values[node.input[2]]
    gather = [node for node in graph.node if node.op_type == "Gather"]
    delays = values[gather[0].input[1]] if gather else np.arange(num_delays)
    whole = np.zeros((len(weight), planes * num_antennas, num_delays), np.float32)
    whole[:, :, delays] = weight.reshape(len(weight), planes * num_antennas, len(delays))
    encoder = Encoder(planes, num_antennas, num_delays, len(weight), pruned=True)
    with torch.no_grad():
        encoder.dense.weight.copy_(torch.from_numpy(whole.reshape(len(weight), -1)))
        encoder.dense.bias.copy_(torch.from_numpy(bias))
    return encoder


def _decoder(graph: onnx.GraphProto, planes: int, num_antennas: int, num_delays: int) -> UnrolledDecoder:
    if "cell" not in {value.name for value in graph.input}:
        raise ValueError("decoder.onnx takes no cell: only the unrolled decoder can be read back")
    values = _constants(graph)
    inner, outer, dense = (values[node.input[1]] for node in [n for n in graph.node if n.op_type == "MatMul"][:3])
    trusts = [values[node.input[0]] for node in graph.node if node.op_type == "Exp"]
    convs = {name.removeprefix("decoder.corrections."): value for name, value in values.items() if name.startswith("decoder.corrections.")}
    stages = 1 + max(int(name.split(".")[0]) for name in convs)
    blocks = 1 + max(int(name.split(".")[2]) for name in convs if ".blocks." in name)
    decoder = UnrolledDecoder(
        planes, num_antennas, num_delays, len(dense), stages, len(convs["0.first.weight"]), blocks, inner.shape[1]
    )
    with torch.no_grad():
        decoder.uplink_in.weight.copy_(torch.from_numpy(inner.T.astype(np.float32)))
        decoder.uplink_out.weight.copy_(torch.from_numpy(outer.T.astype(np.float32)))
        decoder.dense.weight.copy_(torch.from_numpy(dense.T.astype(np.float32)))
        decoder.bias.copy_(torch.from_numpy(values["decoder.bias"].copy()))
        # The export has computed twice the logarithm.
        for trust, doubled in zip(decoder.trust, trusts):
            trust.log_deviation.copy_(torch.from_numpy(doubled / 2))
        for name, parameter in decoder.corrections.named_parameters():
            parameter.copy_(torch.from_numpy(convs[name].copy()))
    return decoder


def load(folder: Path) -> Loaded:
    """The modules of `folder`, in inference mode."""
    manifest = json.loads((folder / "manifest.json").read_text())
    graph = lambda kind: onnx.load(str(folder / manifest["files"][kind]["path"])).graph
    planes = 2 if manifest.get("planes") == "absolute-parts" else 1
    shape = (planes, manifest["csi"]["numAntennas"], manifest["csi"]["numDelays"])
    codeword = manifest["codeword"]
    return Loaded(
        manifest, _encoder(graph("encoder"), *shape).eval(), _decoder(graph("decoder"), *shape).eval(),
        Quantizer(torch.tensor(codeword["bits"]), torch.tensor(codeword["step"])),
    )
