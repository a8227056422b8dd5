"""ONNX export, manifest and golden vectors of one model."""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from dualnet import ColumnNorm
from receiver import ReceiverParts, Receiver

OPSET = 13
GOLDEN_SAMPLES = 4


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
    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(x.flatten(1))


class DecoderGraph(nn.Module):
    """[N, M] latent, [N, M] cell where the decoder takes it, uplink -> [N, Nt, Nd], or [N, 2, Nt, Nd] for |Re| and |Im|.

    A linear output is clamped at zero: a magnitude is not negative, and clamping never increases the error.
    """

    def __init__(self, decoder: nn.Module, encoder: nn.Module | None) -> None:
        super().__init__()
        self.decoder, self.encoder = decoder, encoder
        planes, *matrix = decoder.shape
        self.shape = matrix if planes == 1 else [planes, *matrix]

    @property
    def inputs(self) -> list[str]:
        if self.encoder is None:
            return ["uplink"]
        return ["latent", "cell", "uplink"] if self.decoder.takes_cell else ["latent", "uplink"]

    def forward(self, *inputs: Tensor) -> Tensor:
        given = dict(zip(self.inputs, inputs))
        output = self.decoder(given.get("latent"), given.get("cell"), given["uplink"].flatten(1), self.encoder)
        if not getattr(self.decoder, "sigmoid", False):
            output = torch.relu(output)
        return output.reshape(-1, *self.shape)


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


def to_onnx(module: nn.Module, inputs: tuple[Tensor, ...], input_names: list[str], output: str, path: Path) -> None:
    """Writes a module as one file of any number of samples, large matrices as float16.

    PyTorch 1.13 has one exporter; later ones have it as `dynamo=False`, and their own writes graphs of another form
    than load.py and `edge-csi prune` read.
    """
    module.eval()
    choice = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(
        module, inputs, str(path), opset_version=OPSET, input_names=input_names, output_names=[output],
        dynamic_axes={name: {0: "batch"} for name in [*input_names, output]}, do_constant_folding=True, **choice,
    )
    model = onnx.load(str(path))
    _store_half(model)
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def describe_file(path: Path) -> dict:
    data = path.read_bytes()
    return {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def write_model(
    folder: Path, golden: Path | None, config: dict, name: str, pruned: bool, trainer, normalization, encoder: nn.Module | None, decoder: nn.Module,
    parts: ReceiverParts, training: dict,
) -> None:
    """Writes the graphs, allocation.bin and manifest.json of a report model or an uplink-only one, and golden vectors where asked for.

    Everything given must be on the CPU.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for module in (encoder, decoder):
        if module is not None:
            module.eval()
            _fold_norms(module)
    graph, val = DecoderGraph(decoder, encoder).eval(), trainer.val
    planes, *matrix = decoder.shape
    shape = graph.shape
    rows = np.linspace(0, len(val) - 1, GOLDEN_SAMPLES).astype(int)
    batch = val.rows(torch.from_numpy(rows))
    x, uplink = batch.x.reshape(-1, *shape), batch.u.reshape(-1, *shape)
    source, output = ("magnitude", "magnitude") if planes == 1 else ("parts", "parts")
    files = {"decoder": folder / "decoder.onnx"}
    vectors = {"uplink": uplink.numpy()}
    if encoder is None:
        with torch.no_grad():
            vectors["decoded"] = graph(uplink).numpy()
        to_onnx(graph, (uplink,), ["uplink"], output, files["decoder"])
    else:
        files |= {"encoder": folder / "encoder.onnx", "allocation": folder / "allocation.bin"}
        encoder_graph, quantizer = EncoderGraph(encoder).eval(), trainer.quantizer
        with torch.no_grad():
            latent = encoder_graph(x)
            codes = quantizer.codes(latent)
            dequantized = codes.float() * quantizer.step / 2
            given = {"latent": dequantized, "cell": quantizer.cell(0).expand_as(dequantized), "uplink": uplink}
            inputs = tuple(given[name] for name in graph.inputs)
            decoded = graph(*inputs)
        coarse = parts.allocation.coarse(codes)
        bits = parts.allocation.bits(coarse, parts.theta)
        downlink = batch.csi.downlink
        if "scale" not in config["normalization"]:
            downlink = downlink * 10 ** (batch.csi.downlink_db.unsqueeze(1) / 20)
        vectors |= {
            "downlink": torch.stack([downlink.real, downlink.imag], 1).reshape(-1, 2, *matrix).numpy(), source: x.numpy(),
            "latent": latent.numpy(), "centred": codes.short().numpy(), "decoded": decoded.numpy(), "coarse": coarse.int().numpy(),
            "bits": bits.byte().numpy(),
        }
        to_onnx(encoder_graph, (x,), [source], "latent", files["encoder"])
        to_onnx(graph, inputs, graph.inputs, output, files["decoder"])
        files["allocation"].write_bytes(parts.allocation.to_bytes())
        if parts.refiner is not None:
            files["refiner"] = folder / "refiner.onnx"
            received = Receiver(trainer, normalization, encoder, decoder, parts.allocation, matrix).receive(batch, 0, parts.theta)
            with torch.no_grad():
                vectors["refined"] = parts.refiner.eval()(*received).numpy()
            to_onnx(parts.refiner, received, ["estimate", "magnitude", "bits", "uplink"], "csi", files["refiner"])
    if golden is not None:
        golden.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(golden, **vectors)
    manifest = _manifest(config, name, pruned, trainer, normalization, encoder, parts, {key: describe_file(path) for key, path in files.items()}, training)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def statistics_of(latents: Tensor) -> dict:
    """Moments of each component over the training set [N, M], to four digits."""
    moments = {"mean": latents.mean(0), "deviation": latents.std(0, unbiased=False)}
    return {name: [float(f"{v:.4g}") for v in moment.tolist()] for name, moment in moments.items()}


def _manifest(config: dict, name: str, pruned: bool, trainer, normalization, encoder, parts: ReceiverParts, files: dict, training: dict) -> dict:
    common = {"id": name, "family": config["family"], "csi": config["csi"]}
    if parts.allocation is None:
        offset = {"kind": "spherical", "downlinkOverUplinkDb": round(trainer.train.downlink_over_uplink_db, 3)}
        return {"schema": "edge-csi/uplink-only@1", **common, "normalization": offset, "files": files, "training": training}
    quantizer = trainer.quantizer
    return {
        "schema": "edge-csi/manifest@1",
        **common,
        "normalization": normalization.manifest(),
        "pruned": pruned,
        **({"planes": "absolute-parts"} if config["family"] == "dualnet-abs" else {}),
        "reduction": config["reduction"],
        "codeword": {
            "length": config["codewordLength"], "bits": quantizer.bits.tolist(), "step": quantizer.step.tolist(),
            "statistics": statistics_of(trainer.latents(encoder, trainer.train)),
        },
        "phase": {"maxBits": config["maxPhaseBits"], "theta": parts.theta},
        "files": files,
        "training": training,
    }
