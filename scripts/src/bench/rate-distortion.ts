import { nmseDb, squaredErrorRatio } from '@edge-csi/csi';
import type { Manifest } from '@edge-csi/models';
import { type DataOptions, openData } from '../data.ts';
import { linkSamples } from './accuracy.ts';
import { batchSize, type LinkSample, openTransceiver } from './transceiver.ts';

/** One operating point of one scheme. */
export interface RatePoint {
  /** Model id, or a classical scheme's name. */
  readonly scheme: string;
  /** Mean bits of a whole report. */
  readonly bits: number;
  /** Complex NMSE of whole reports. */
  readonly nmseDb: number;
  /** Least significant bits that each codeword component drops. */
  readonly codewordTruncation: number;
  readonly phaseTheta: number;
}

export interface RateDistortionOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly samples: number | undefined;
  readonly onProgress: (done: number) => void;
}

const truncations = [0, 1, 2];
/** Steps of the phase rate knob around the manifest's theta, in octaves. */
const thetaOctaves = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];

/** Points that `measureRateDistortion` takes of one model. */
export const pointsPerModel = truncations.length * thetaOctaves.length;

/** Measures a model over its two run-time knobs, as a BS could set them with Reconfigure. */
export async function measureRateDistortion(options: RateDistortionOptions): Promise<RatePoint[]> {
  const { manifest } = options;
  const source = await openData(options.data);
  const samples = Math.min(options.samples ?? source.numSamples, source.numSamples);
  const batches: LinkSample[][] = [];
  for (let start = 0; start < samples; start += batchSize) {
    batches.push(linkSamples(source, start, Math.min(start + batchSize, samples)));
  }
  const transceiver = await openTransceiver(manifest, options.zoo);
  const points: RatePoint[] = [];
  for (const codewordTruncation of truncations) {
    for (const octaves of thetaOctaves) {
      const phaseTheta = Math.max(1, Math.round(manifest.phase.theta * 2 ** octaves));
      const errors: number[] = [];
      let bits = 0;
      for (const batch of batches) {
        const received = await transceiver.carry(batch, { codewordTruncation, phaseTheta, refine: true });
        for (const [i, { estimate, payloadBits }] of received.entries()) {
          errors.push(squaredErrorRatio((batch[i] as LinkSample).downlink, estimate));
          bits += payloadBits.total / samples;
        }
      }
      points.push({ scheme: manifest.id, bits, nmseDb: nmseDb(errors), codewordTruncation, phaseTheta });
      options.onProgress(points.length);
    }
  }
  await transceiver.close();
  return points;
}

/** Points that no other point of the same scheme beats in both bits and NMSE, by rising bits. */
export function lowerHull(points: readonly RatePoint[]): RatePoint[] {
  const hull: RatePoint[] = [];
  for (const point of [...points].sort((a, b) => a.bits - b.bits || a.nmseDb - b.nmseDb)) {
    if (point.nmseDb < (hull.at(-1)?.nmseDb ?? Number.POSITIVE_INFINITY)) hull.push(point);
  }
  return hull;
}

/** The most accurate point within each budget of total bits; budgets that nothing meets are left out. */
export function bestWithin(points: readonly RatePoint[], budgets: readonly number[]): (readonly [number, RatePoint])[] {
  return budgets.flatMap((budget) => {
    const [best] = points.filter((point) => point.bits <= budget).sort((a, b) => a.nmseDb - b.nmseDb);
    return best === undefined ? [] : [[budget, best] as const];
  });
}
