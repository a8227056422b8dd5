"""ONNX export, manifest and golden vectors of one model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from codec import quantized_phasor
from dualnet import ColumnNorm, Decoder, Encoder, Refiner

OPSET = 13
GOLDEN_SAMPLES = 4


def stored_as_half(parameter: Tensor) -> bool:
    """Matrices big enough to matter are stored as float16 and cast back when the session loads."""
    return parameter.ndim == 2 and parameter.numel() >= 4096


class Affine(nn.Module):
    """A ColumnNorm in inference: one gain and one shift a column."""

    def __init__(self, norm: ColumnNorm) -> None:
        super().__init__()
        gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        self.register_buffer("gain", gain.detach())
        self.register_buffer("shift", (norm.bias - norm.running_mean * gain).detach())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gain + self.shift


def _fold_norms(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, ColumnNorm):
            setattr(module, name, Affine(child))
        else:
            _fold_norms(child)


class EncoderGraph(nn.Module):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, magnitude: Tensor) -> Tensor:
        return self.encoder(magnitude.flatten(1))


class DecoderGraph(nn.Module):
    """Clamps at zero: a magnitude is not negative, and clamping never increases the error."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latent: Tensor, uplink: Tensor) -> Tensor:
        magnitude = self.decoder(latent, uplink.flatten(1))
        return torch.relu(magnitude).reshape(-1, *self.decoder.shape[1:])


def _store_half(model: onnx.ModelProto) -> None:
    graph, casts = model.graph, []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if tensor.data_type == TensorProto.FLOAT and array.ndim == 2 and array.size >= 4096:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(array.astype(np.float16), f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    for position, node in enumerate(casts):
        graph.node.insert(position, node)


def _to_onnx(module: nn.Module, inputs: tuple[Tensor, ...], input_names: list[str], output: str, path: Path) -> None:
    module.eval()
    torch.onnx.export(
        module, inputs, str(path), opset_version=OPSET, input_names=input_names, output_names=[output],
        dynamic_axes={name: {0: "batch"} for name in [*input_names, output]}, do_constant_folding=True,
    )
    model = onnx.load(str(path))
    _store_half(model)
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _file(path: Path) -> dict:
    data = path.read_bytes()
    return {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def write_model(
    folder: Path, golden: Path, config: dict, name: str, pruned: bool, trainer, encoder: Encoder, decoder: Decoder,
    refiner: Refiner | None, theta: int, training: dict,
) -> None:
    """Writes encoder.onnx, decoder.onnx, refiner.onnx, allocation.bin, manifest.json and the golden vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    golden.parent.mkdir(parents=True, exist_ok=True)
    csi = config["csi"]
    shape = (csi["numAntennas"], csi["numDelays"])
    rows = np.linspace(0, len(trainer.val) - 1, GOLDEN_SAMPLES).astype(int)
    downlink, uplink = trainer.val.csi[rows], trainer.val.uplink[rows]
    magnitude = trainer.val.magnitude[rows].reshape(-1, *shape)
    uplink_planes = uplink.reshape(-1, *shape)
    for module in (encoder, decoder):
        module.eval()
        _fold_norms(module)
    encoder_graph, decoder_graph = EncoderGraph(encoder).eval(), DecoderGraph(decoder).eval()
    with torch.no_grad():
        latent = encoder_graph(magnitude)
        codes = trainer.codes(encoder, trainer.val)[rows]
        dequantized = torch.from_numpy(codes.astype(np.float32)) * trainer.step / 2
        decoded = decoder_graph(dequantized, uplink_planes)
    coarse = trainer.allocation.coarse(codes)
    bits = trainer.allocation.bits(coarse, theta)
    vectors = {
        "downlink": np.stack([downlink.real, downlink.imag], 1).reshape(-1, 2, *shape).astype(np.float32),
        "magnitude": magnitude.numpy(), "uplink": uplink_planes.numpy(), "latent": latent.numpy(), "centred": codes.astype(np.int16),
        "decoded": decoded.numpy(), "coarse": coarse.astype(np.int32), "bits": bits.astype(np.uint8),
    }
    files = {"encoder": folder / "encoder.onnx", "decoder": folder / "decoder.onnx", "allocation": folder / "allocation.bin"}
    _to_onnx(encoder_graph, (magnitude,), ["magnitude"], "latent", files["encoder"])
    _to_onnx(decoder_graph, (dequantized, uplink_planes), ["latent", "uplink"], "magnitude", files["decoder"])
    files["allocation"].write_bytes(trainer.allocation.to_bytes())
    if refiner is not None:
        estimate = decoded.flatten(1).numpy() * quantized_phasor(downlink, bits)
        planes = torch.from_numpy(np.stack([estimate.real, estimate.imag], 1).reshape(-1, 2, *shape).astype(np.float32))
        inputs = (planes, decoded, torch.from_numpy(bits.astype(np.float32)).reshape(-1, *shape), uplink_planes)
        with torch.no_grad():
            vectors["refined"] = refiner.eval()(*inputs).numpy()
        files["refiner"] = folder / "refiner.onnx"
        _to_onnx(refiner, inputs, ["estimate", "magnitude", "bits", "uplink"], "csi", files["refiner"])
    np.savez_compressed(golden, **vectors)
    manifest = {
        "schema": "edge-csi/manifest@1",
        "id": name,
        "family": config["family"],
        "pruned": pruned,
        "reduction": config["reduction"],
        "csi": csi,
        "normalization": {"kind": "spherical", "scale": config["scale"]},
        "codeword": {
            "length": config["codewordLength"],
            "bits": [int(b) for b in trainer.bits],
            "step": [float(s) for s in trainer.step.numpy()],
        },
        "phase": {"maxBits": config["maxPhaseBits"], "theta": theta},
        "files": {key: _file(path) for key, path in files.items()},
        "training": {
            "config": f"scripts/train/configs/{config['id']}.json",
            "configSha256": hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest(),
            "seed": config["training"]["seed"],
            "data": "COST 2100 IndoorHall_5GHz, train split",
            **training,
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
