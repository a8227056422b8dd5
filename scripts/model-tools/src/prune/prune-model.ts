import { createDualnet } from '@edge-csi/csi/dualnet';
import { applyDense, type Regression, regress, type SampleMatrix } from '@edge-csi/lab/linear';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type Manifest, type ModelBundle, parseManifest, readEncoderLayers, toHex } from '@edge-csi/models';
import { type Calibration, encodeAll } from '../complete/calibration.ts';
import { fitCodec, inheritCodec, phaseBitsOf } from '../complete/fit-codec.ts';
import type { Derivation } from '../complete/model-card.ts';
import { describeFiles, type FileNames, type NewModel } from '../complete/new-model.ts';
import { type DecoderPlan, planDecoder, requireSameEncoding } from './decoder-plan.ts';
import { firstDense, rewriteDecoder } from './decoder-rewrite.ts';
import { type FittedEncoder, fitEncoder, type PruneSettings } from './fit-encoder.ts';
import { encoderModel } from './pruned-encoder.ts';

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
   *
   * @throws UsageError where the bits of a report leave none for phases.
   */
  prune(task: PruneTask): Promise<NewModel>;
}

/** Ridges of the recovery, relative to the mean variance of latents and uplink features. */
const recoveryRidges = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1] as const;

/**
 * Prepares what all smaller models of one model share.
 *
 * @throws CsiError `model-invalid`, naming the file, where encoder or decoder are not of a kind that is known.
 */
export async function openPruner({ bundle, calibration, data }: PrunerOptions): Promise<Pruner> {
  const { manifest, files } = bundle;
  const { representation } = createDualnet(bundle.codec);
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
  if (layers.conv === undefined) requireSameEncoding(first, layers.dense);
  const oldLatents = await encodeAll(
    files.get('encoder') as Uint8Array,
    `${manifest.id}/${manifest.files.encoder.path}`,
    { input: representation.tensor, output: 'latent' },
    inputs,
  );
  const uplink = first.prior && applyDense(transposed(first.prior.inner), calibration.uplinks);
  const encoderTask = { layers, inputs, latents: oldLatents, uplink, decoderDense: firstDense(first), ...manifest.csi };
  const phaseBits = phaseBitsOf(bundle, oldLatents);
  const derivedFrom = {
    id: manifest.id,
    sha256: toHex(bundle.sha256),
    calibration: { data: data.name, dataSha256: data.sha256, samples: calibration.numSamples },
  };

  return {
    prune: async ({ id, settings, reportBits }) => {
      const { outputs = manifest.codeword.length, weightBits } = settings;
      const rank = settings.rank ?? keptRank(layers.rank, outputs, weightBits);
      const fitted = fitEncoder(encoderTask, { ...settings, rank });
      const { kept, dense, encoder } = fitted;
      const latents = applyDense(dense, inputs);
      const { phase, normalization } = manifest;
      const { prior, ...codec } = inheritCodec(bundle, kept, inputs, oldLatents, latents);
      const otherBits = codec.bits.reduce((sum, count) => sum + count, representation.scaleBits);
      if (reportBits !== undefined && reportBits <= otherBits) {
        throw new UsageError(`--report-bits is ${reportBits}, and codeword and norm of ${id} alone take ${otherBits}`);
      }
      const { allocation, theta } = fitCodec({
        ...{ inputs, latents, normalization: normalization.kind, maxPhaseBits: phase.maxBits, prior, ...codec },
        phaseBits: reportBits === undefined ? phaseBits : reportBits - otherBits,
      });
      const written = new Map<string, Uint8Array>([
        [manifest.files.encoder.path, encoderModel(encoder, representation)],
        [manifest.files.decoder.path, rewrite(plan(), fitted, latents, oldLatents, uplink)],
        [manifest.files.allocation.path, allocation],
      ]);
      const refiner = files.get('refiner');
      if (manifest.files.refiner && refiner) written.set(manifest.files.refiner.path, refiner);
      const pruning = {
        convolution: layers.conv !== undefined,
        ...{ outputs: kept.length, delays: encoder.delays.length, weightBits: encoder.weightBits },
        ...(rank === undefined ? {} : { rank }),
      };
      const { measured: _, ...rest } = manifest;
      return {
        manifest: parseManifest({
          ...rest,
          ...{ id, pruned: true, reduction: reductionOf(manifest, kept.length) },
          codeword: { length: kept.length, ...codec },
          phase: { ...phase, theta },
          files: await describeFiles(namesOf(manifest), written),
          derivedFrom: { ...derivedFrom, pruning } satisfies Derivation,
        }),
        files: written,
      };
    },
  };
}

/** Two factors stay two factors, as long as their rank is below what is left. */
function keptRank(rank: number | undefined, numOutputs: number, weightBits: number): number | undefined {
  if (rank === undefined || rank >= numOutputs) return undefined;
  // At 4 bits, two weights share a byte.
  return weightBits === 4 && rank > 1 ? rank - (rank % 2) : rank;
}

function rewrite(
  plan: DecoderPlan,
  { encoder, dense, kept }: FittedEncoder,
  newLatents: SampleMatrix,
  latents: SampleMatrix,
  uplink: SampleMatrix | undefined,
): Uint8Array {
  const recovery = recover(latents, kept, newLatents, uplink);
  // The product of two factors is of no width that its factors are stored in.
  const weightBits = encoder.layers.length === 1 || encoder.weightBits === 32 ? encoder.weightBits : 16;
  return rewriteDecoder(plan, { dense, weightBits, kept, recovery });
}

/** The old latents from the new ones: a component that is left is taken for what it was, but for a regression on all. */
function recover(
  latents: SampleMatrix,
  kept: readonly number[],
  newLatents: SampleMatrix,
  uplink: SampleMatrix | undefined,
): Regression {
  const rest = { width: latents.width, values: latents.values.slice() };
  for (let row = 0; row < rest.values.length / rest.width; row++) {
    kept.forEach((component, i) => {
      const at = row * rest.width + component;
      rest.values[at] = (rest.values[at] as number) - (newLatents.values[row * kept.length + i] as number);
    });
  }
  const { weights, offset } = regress(uplink ? [newLatents, uplink] : [newLatents], rest, recoveryRidges);
  kept.forEach((component, i) => {
    weights.set(component, i, weights.get(component, i) + 1);
  });
  return { weights, offset };
}

/** Names of a model's files, by what they are. */
function namesOf({ files: { encoder, decoder, allocation, refiner } }: Manifest): FileNames {
  const names = { encoder: encoder.path, decoder: decoder.path, allocation: allocation.path };
  return refiner === undefined ? names : { ...names, refiner: refiner.path };
}

/** The 1/CR of another codeword length: what is counted for phases or signs stays. */
function reductionOf({ csi, reduction, codeword }: Manifest, length: number): number {
  const values = 2 * csi.numAntennas * csi.numDelays;
  return Number((values / (values / reduction - codeword.length + length)).toFixed(2));
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
