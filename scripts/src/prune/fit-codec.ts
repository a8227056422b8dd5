import { createPhaseAllocation, createQuantizer, type PhaseAllocation, type Quantizer } from '@edge-csi/csi';
import type { ModelBundle } from '@edge-csi/models';
import { quantizeComponent } from '../bench/baselines/codeword-bits.ts';
import { meanPhaseBits, phaseAllocationBytes, thetaFor } from '../bench/baselines/phase-fit.ts';
import { regress, rowOf, type SampleMatrix, sumsOf } from '../linear/regression.ts';

/** Quantiser and phase allocation of a pruned model, as its manifest and allocation.bin have them. */
export interface FittedCodec {
  readonly bits: number[];
  readonly step: number[];
  readonly statistics: { readonly mean: number[]; readonly deviation: number[] };
  readonly allocation: Uint8Array;
  readonly theta: number;
}

interface CodecTask {
  readonly bundle: ModelBundle;
  /** Components of the bundle's codeword that are left. */
  readonly kept: readonly number[];
  readonly inputs: SampleMatrix;
  /** Latents of the bundle's encoder, and of the new one. */
  readonly oldLatents: SampleMatrix;
  readonly latents: SampleMatrix;
  /** Whether the steps stay what they were, as where components were left out and nothing else. */
  readonly keepsSteps: boolean;
  /** Mean bits of a whole report; absent: the phases take as many as before. */
  readonly reportBits: number | undefined;
}

/** Samples to choose steps, and the rate of phases, on: spread over all of them. */
const stepSamples = 4096;
const rateSamples = 512;
/** Ridges on the covariance of the codeword's integers, relative to their mean variance. */
const ridges = [1e-6, 1e-4, 1e-3, 1e-2] as const;

/** Fits quantiser steps, phase allocation and theta to new latents; every component keeps its bits. */
export function fitCodec(task: CodecTask): FittedCodec {
  const { bundle, kept, latents, inputs } = task;
  const { manifest, representation, quantizer, allocation } = bundle;
  const bits = kept.map((component) => manifest.codeword.bits[component] as number);
  const step = kept.map((component, j) =>
    task.keepsSteps ? (manifest.codeword.step[component] as number) : bestStep(latents, j, bits[j] as number),
  );
  const fitted = createQuantizer(bits, step);
  const bytes = fitAllocation(codesOf(fitted, latents), inputs, manifest.normalization.kind === 'minmax' ? 0.5 : 0);
  const own = createPhaseAllocation({
    bytes,
    numEntries: representation.numComponents,
    codewordLength: kept.length,
    maxBits: manifest.phase.maxBits,
  });
  const { maxBits } = manifest.phase;
  const coarse = (from: PhaseAllocation, by: Quantizer, all: SampleMatrix) =>
    coarseOf(from, codesOf(by, thinned(all, rateSamples)));
  const phaseBits =
    task.reportBits === undefined
      ? meanPhaseBits(coarse(allocation, quantizer, task.oldLatents), manifest.phase.theta, maxBits)
      : task.reportBits - fitted.totalBits - representation.scaleBits;
  const theta = thetaFor(coarse(own, fitted, latents), Math.max(0, phaseBits), maxBits);
  return { bits, step, statistics: statisticsOf(latents), allocation: bytes, theta };
}

function bestStep(latents: SampleMatrix, component: number, bits: number): number {
  const some = thinned(latents, stepSamples);
  const values = new Float32Array(some.values.length / some.width);
  for (let row = 0; row < values.length; row++) values[row] = some.values[row * some.width + component] as number;
  return quantizeComponent(values)[bits]?.step ?? 1;
}

/** Centred integers of the codeword, as float32. */
function codesOf(quantizer: Quantizer, latents: SampleMatrix): SampleMatrix {
  const values = new Float32Array(latents.values.length);
  const centred = new Int16Array(latents.width);
  for (let row = 0; row < values.length / latents.width; row++) {
    quantizer.centredInto(centred, quantizer.quantize({ domain: 'latent', values: rowOf(latents, row) }));
    values.set(centred, row * latents.width);
  }
  return { width: latents.width, values };
}

/** @param floor - what the networks see of a magnitude of zero */
function fitAllocation(codes: SampleMatrix, inputs: SampleMatrix, floor: number): Uint8Array {
  const { weights, offset } = regress([codes], inputs, ridges);
  return phaseAllocationBytes(
    Float32Array.from(weights.transpose().to1DArray()),
    Float32Array.from(offset, (value) => value - floor),
  );
}

function coarseOf(allocation: PhaseAllocation, codes: SampleMatrix): Int32Array[] {
  return Array.from({ length: codes.values.length / codes.width }, (_, row) => {
    const coarse = new Int32Array(allocation.numEntries);
    allocation.coarseInto(coarse, Int16Array.from(rowOf(codes, row)));
    return coarse;
  });
}

/** At most `count` of the samples, spread over all of them. */
function thinned({ width, values }: SampleMatrix, count: number): SampleMatrix {
  const rows = values.length / width;
  if (rows <= count) return { width, values };
  const some = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const at = Math.floor((i * rows) / count) * width;
    some.set(values.subarray(at, at + width), i * width);
  }
  return { width, values: some };
}

/** To four digits, as a manifest has them. */
function statisticsOf(latents: SampleMatrix): FittedCodec['statistics'] {
  const sums = sumsOf([latents], latents.width);
  const covariance = sums.covariance(0, latents.width, 0, latents.width);
  const short = (value: number) => Number(value.toPrecision(4));
  return {
    mean: Array.from(sums.mean(0, latents.width), short),
    deviation: covariance.diagonal().map((variance) => short(Math.sqrt(Math.max(variance, 1e-12)))),
  };
}
