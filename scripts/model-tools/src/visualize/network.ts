import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type OrtProbe, openOrtProbe } from '@edge-csi/bs-server/decode';
import { CsiError } from '@edge-csi/csi';
import { UsageError } from '@edge-csi/lab/usage-error';
import { isUplinkOnly } from '@edge-csi/models';
import { loadReportModel, loadUplinkOnlyModel } from '@edge-csi/models/disk';
import { exposeIntermediates } from '../onnx/graph.ts';
import { decodeModel, encodeModel, type ModelProto, type ValueInfoProto } from '../onnx/schema.ts';
import { sizeOf, toNumbers } from '../onnx/tensor.ts';
import type { VisibleManifest } from './network-view.ts';

/** One network of a model. */
export interface Network {
  /** encoder, decoder, refiner, or the name of a file that is of no model. */
  readonly role: string;
  /** What messages call its file. */
  readonly file: string;
  readonly onnx: Uint8Array;
}

/** The networks of a zoo's model in the order that a report passes them, hash-checked. */
export async function loadNetworks(manifest: VisibleManifest, zoo: string): Promise<Network[]> {
  const folder = path.join(zoo, manifest.id);
  if (isUplinkOnly(manifest)) {
    const { decoder } = await loadUplinkOnlyModel(folder);
    return [{ role: 'decoder', file: `${manifest.id}/decoder.onnx`, onnx: decoder }];
  }
  const { files } = await loadReportModel(folder, ['encoder', 'decoder', 'refiner']);
  return (['encoder', 'decoder', 'refiner'] as const).flatMap((role) => {
    const onnx = files.get(role);
    return onnx === undefined ? [] : [{ role, file: `${manifest.id}/${role}.onnx`, onnx }];
  });
}

/** A network from a file of any model. @throws UsageError where it cannot be read. */
export async function readNetwork(file: string): Promise<Network> {
  const onnx = await readFile(file).catch((cause: Error) => {
    throw new UsageError(`--onnx is '${file}', which cannot be read: ${cause.message}`);
  });
  return { role: path.basename(file, '.onnx'), file, onnx };
}

/** Opens a copy of a network that returns every value it computes. */
export async function openExposed({ onnx, file }: Network): Promise<OrtProbe> {
  const model = decodeModel(onnx, file);
  exposeIntermediates(model);
  return openOrtProbe(encodeModel(model), file);
}

/** What goes into a graph from outside: constants may stand among its inputs too. */
export function freeInputs({ graph }: ModelProto): ValueInfoProto[] {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  return graph.input.filter(({ name }) => !constants.has(name));
}

/** Shapes of all values of a network at a batch of one, by name, its constants among them. */
export async function shapesOf(network: Network): Promise<ReadonlyMap<string, readonly number[]>> {
  const model = decodeModel(network.onnx, network.file);
  const inputs = freeInputs(model).map((input) => [input.name, singleShape(input, network.file)] as const);
  const probe = await openExposed(network);
  try {
    const zeros = inputs.map(([name, dims]) => [name, { values: new Float32Array(sizeOf(dims)), dims }] as const);
    const outputs = await probe.run(Object.fromEntries(zeros));
    return new Map([
      ...model.graph.initializer.map(({ name, dims }) => [name, toNumbers(dims)] as const),
      ...inputs,
      ...[...outputs].map(([name, { dims }]) => [name, dims] as const),
    ]);
  } finally {
    await probe.release();
  }
}

/** ONNX's number of float32. */
const float32 = 1;

/** Shape of an input at a batch of one. */
function singleShape({ name, type }: ValueInfoProto, file: string): number[] {
  const tensor = type?.tensorType;
  if (tensor?.elemType !== float32) throw new CsiError('model-invalid', `${file}: input ${name} is not float32`);
  return (tensor.shape?.dim ?? []).map(({ dimValue }, axis) => {
    const [value = 0] = toNumbers([dimValue ?? 0]);
    if (value > 0) return value;
    if (axis === 0) return 1;
    throw new CsiError('model-invalid', `${file}: input ${name} leaves its axis ${axis} open; only the batch may be`);
  });
}
