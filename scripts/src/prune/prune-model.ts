import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openOrtGraph } from '@edge-csi/bs-server/decoding';
import { CsiError } from '@edge-csi/csi';
import {
  type Manifest,
  type ModelBundle,
  parseManifest,
  readEncoderLayers,
  sha256Bytes,
  toHex,
} from '@edge-csi/models';
import { renderCard } from '../card.ts';
import { regress, type SampleMatrix } from '../linear/regression.ts';
import type { Calibration } from './calibration.ts';
import { type DecoderPlan, planDecoder } from './decoder-plan.ts';
import { firstDense, rewriteDecoder } from './decoder-rewrite.ts';
import { encoderModel } from './encoder-graph.ts';
import { fitCodec } from './fit-codec.ts';
import { type FittedEncoder, fitEncoder, type PruneSettings } from './fit-encoder.ts';
import { project } from './project.ts';

/** A model made from another one: its manifest, and its files by the names there. */
export interface PrunedModel {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface PrunerOptions {
  /** The model to start from, loaded with all files. */
  readonly bundle: ModelBundle;
  readonly calibration: Calibration;
  /** File of the calibration samples and its hash. */
  readonly data: { readonly name: string; readonly sha256: string };
}

interface PruneTask {
  /** Of the new model. */
  readonly id: string;
  readonly settings: PruneSettings;
  /** Mean bits of a whole report; absent: the phases take as many as before. */
  readonly reportBits?: number | undefined;
}

/** Makes smaller models of one model. */
export interface Pruner {
  /**
   * Prunes in closed form: the encoder first, then the decoder's first Dense layer and its view of the encoder, the quantiser
   * and the phase allocation, all by least squares on the calibration samples.
   */
  prune(task: PruneTask): Promise<PrunedModel>;
}

/** Ridges of the recovery, relative to the mean variance of latents and uplink features. */
const recoveryRidges = [1e-6, 1e-5, 1e-4, 1e-3] as const;
const encodeBatch = 256;

/**
 * Prepares what all smaller models of one model share.
 *
 * @throws CsiError `model-invalid`, naming the file, where encoder or decoder are not of a kind that is known.
 */
export async function openPruner({ bundle, calibration, data }: PrunerOptions): Promise<Pruner> {
  const { manifest, files, representation } = bundle;
  const { inputs } = calibration;
  const layers = readEncoderLayers(bundle);
  const decoderFile = `${manifest.id}/${manifest.files.decoder.path}`;
  // Rewriting edits the plan's graph: each model takes its own.
  const plan = () =>
    planDecoder(
      files.get('decoder') as Uint8Array,
      decoderFile,
      manifest.codeword.length,
      representation.numComponents,
    );
  const first = plan();
  const oldLatents = await encodeAll(bundle, inputs);
  const uplink = first.prior && project(transposed(first.prior.inner), calibration.uplinks);
  const encoderTask = { layers, inputs, latents: oldLatents, uplink, decoderDense: firstDense(first), ...manifest.csi };
  const derivedFrom = {
    id: manifest.id,
    sha256: toHex(bundle.sha256),
    calibration: { data: data.name, dataSha256: data.sha256, samples: calibration.numSamples },
  };

  return {
    prune: async ({ id, settings, reportBits }) => {
      const fitted = fitEncoder(encoderTask, settings);
      const { kept, dense, encoder } = fitted;
      const latents = project(dense, inputs);
      const keepsSteps = layers.conv === undefined && isOutputsOnly(settings);
      const codec = fitCodec({ bundle, inputs, latents, oldLatents, kept, keepsSteps, reportBits });
      const { bits, step, statistics, theta } = codec;
      const written = new Map<string, Uint8Array>([
        [manifest.files.encoder.path, encoderModel(encoder, representation)],
        [manifest.files.decoder.path, rewrite(plan(), fitted, latents, oldLatents, uplink)],
        [manifest.files.allocation.path, codec.allocation],
      ]);
      const refiner = files.get('refiner');
      if (manifest.files.refiner && refiner) written.set(manifest.files.refiner.path, refiner);
      const pruning = {
        convolution: layers.conv !== undefined,
        ...{ outputs: kept.length, delays: encoder.delays.length, weightBits: encoder.weightBits },
        ...(settings.rank === undefined ? {} : { rank: settings.rank }),
      };
      const { measured: _, ...rest } = manifest;
      return {
        manifest: parseManifest({
          ...rest,
          ...{ id, pruned: true, reduction: reductionOf(manifest, kept.length) },
          codeword: { length: kept.length, bits, step, statistics },
          phase: { ...manifest.phase, theta },
          files: await describeFiles(manifest, written),
          derivedFrom: { ...derivedFrom, pruning },
        }),
        files: written,
      };
    },
  };
}

/** Writes a model's files, manifest and card into `<zoo>/<id>`, which is made. */
export async function writeModel(zoo: string, { manifest, files }: PrunedModel): Promise<string> {
  const folder = path.join(zoo, manifest.id);
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(path.join(folder, name), bytes);
  await writeFile(path.join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  await writeFile(path.join(folder, 'card.md'), renderCard(manifest));
  return folder;
}

function rewrite(
  plan: DecoderPlan,
  { encoder, dense, kept }: FittedEncoder,
  newLatents: SampleMatrix,
  latents: SampleMatrix,
  uplink: SampleMatrix | undefined,
): Uint8Array {
  const features = uplink === undefined ? [newLatents] : [newLatents, uplink];
  const recovery = regress(features, latents, recoveryRidges);
  // The product of two factors is of no width that its factors are stored in.
  const weightBits =
    encoder.layers.length === 1 ? encoder.weightBits : Math.max(16, encoder.weightBits) === 32 ? 32 : 16;
  return rewriteDecoder(plan, { dense, weightBits, kept, recovery });
}

/** Latents of the model's own encoder. */
async function encodeAll(
  { manifest, files, representation }: ModelBundle,
  inputs: SampleMatrix,
): Promise<SampleMatrix> {
  const { tensor } = representation;
  const width = manifest.codeword.length;
  const count = inputs.values.length / inputs.width;
  const values = new Float32Array(count * width);
  const graph = await openOrtGraph(files.get('encoder') as Uint8Array, 'cpu', { intraOpNumThreads: 1 });
  try {
    for (let start = 0; start < count; start += encodeBatch) {
      const rows = Math.min(encodeBatch, count - start);
      const batch = inputs.values.subarray(start * inputs.width, (start + rows) * inputs.width);
      const latent = await graph.run({ [tensor.name]: { values: batch, dims: [rows, ...tensor.dims] } }, 'latent');
      values.set(latent, start * width);
    }
  } finally {
    await graph.release();
  }
  return { width, values };
}

function isOutputsOnly({ delays, rank, weightBits }: PruneSettings): boolean {
  return delays === undefined && rank === undefined && weightBits >= 16;
}

/** The 1/CR of another codeword length: what is counted for phases or signs stays. */
function reductionOf({ csi, reduction, codeword }: Manifest, length: number): number {
  const values = 2 * csi.numAntennas * csi.numDelays;
  return Number((values / (values / reduction - codeword.length + length)).toFixed(2));
}

async function describeFiles(
  { files }: Manifest,
  written: ReadonlyMap<string, Uint8Array>,
): Promise<Manifest['files']> {
  const describe = async ({ path: name }: Manifest['files']['encoder']) => {
    const bytes = written.get(name);
    if (bytes === undefined) throw new CsiError('model-invalid', `${name} was not made`);
    return { path: name, sha256: toHex(await sha256Bytes(bytes)), bytes: bytes.length };
  };
  return {
    encoder: await describe(files.encoder),
    decoder: await describe(files.decoder),
    allocation: await describe(files.allocation),
    ...(files.refiner ? { refiner: await describe(files.refiner) } : {}),
  };
}

/** A constant `[inputs][outputs]`, as MatMul takes it, as a Dense layer without a bias. */
function transposed({ dims, values }: DecoderPlan['dense']) {
  const [numInputs = 0, numOutputs = 0] = dims;
  const weights = new Float32Array(values.length);
  for (let i = 0; i < numInputs; i++) {
    for (let j = 0; j < numOutputs; j++) weights[j * numInputs + i] = Number(values[i * numOutputs + j]);
  }
  return { numInputs, numOutputs, weights, bias: new Float32Array(numOutputs) };
}
