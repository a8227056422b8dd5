import { type AngularDelayCsi, squaredErrorRatio } from '@edge-csi/csi';
import { type LinkExample, type LinkRecords, labelOf } from './result.ts';

/** Errors of the samples that are shown unless others are asked for: the middle one, and one of the worst. */
const shownShares = [0.5, 0.95];

/** Picks samples by the error of their estimates: one in the middle, one of the worst 5 %. */
export function typicalSamples(records: LinkRecords): number[] {
  const errors = [...records.estimates.keys()]
    .map((sample) => {
      const truth = records.source.downlink(sample);
      return { sample, error: squaredErrorRatio(truth, records.estimates.get(sample)?.estimate.csi ?? truth) };
    })
    .sort((a, b) => a.error - b.error);
  const picked = shownShares.map((share) => errors[Math.floor(share * (errors.length - 1))]?.sample);
  return [...new Set(picked.filter((sample) => sample !== undefined))];
}

/** Shows some samples of a run. */
export function examplesOf(
  records: LinkRecords,
  samples: readonly number[],
  uplinks: readonly (AngularDelayCsi | undefined)[],
): LinkExample[] {
  const { manifest, budgetBits, source } = records;
  const label = labelOf({ model: manifest.id, budgetBits });
  return samples.map((sample) => {
    const truth = source.downlink(sample);
    const uplink = uplinks[sample];
    const peak = Math.max(...magnitudes(truth.values));
    const estimate = records.estimates.get(sample)?.estimate.csi;
    return {
      sample,
      numAntennas: truth.numAntennas,
      numDelays: truth.numDelays,
      tapNs: 1e9 / manifest.csi.bandwidthHz,
      downlink: pack(truth.values, peak),
      ...(uplink && { uplink: pack(uplink.values, Math.max(...magnitudes(uplink.values))) }),
      estimates: estimate === undefined ? [] : [shown(label, truth, estimate, peak)],
    };
  });
}

/** Adds the estimates of another model's run to those shown so far. */
export function mergeExamples(shownSoFar: readonly LinkExample[], more: readonly LinkExample[]): LinkExample[] {
  const merged = [...shownSoFar];
  for (const example of more) {
    // Models of other shapes or bands see other matrices of the same sample.
    const at = merged.findIndex(({ sample, downlink }) => sample === example.sample && downlink === example.downlink);
    const found = merged[at];
    if (found === undefined) merged.push(example);
    else merged[at] = { ...found, estimates: [...found.estimates, ...example.estimates] };
  }
  return merged.sort((a, b) => a.numAntennas - b.numAntennas || a.sample - b.sample);
}

/** Levels in dB of a matrix of an example. */
export function unpackLevels(packed: string): Int8Array {
  return Int8Array.from(Buffer.from(packed, 'base64'));
}

function shown(model: string, truth: AngularDelayCsi, estimate: AngularDelayCsi, peak: number) {
  const error = truth.values.map((value, i) => value - (estimate.values[i] as number));
  return {
    model,
    nmseDb: 10 * Math.log10(squaredErrorRatio(truth, estimate)),
    estimate: pack(estimate.values, peak),
    error: pack(error, peak),
  };
}

function pack(values: Float32Array, peak: number): string {
  const levels = magnitudes(values).map((magnitude) =>
    Math.min(127, Math.max(-128, Math.round(20 * Math.log10(magnitude / peak)))),
  );
  return Buffer.from(Int8Array.from(levels).buffer).toString('base64');
}

function magnitudes(values: Float32Array): Float32Array {
  const numEntries = values.length / 2;
  return new Float32Array(numEntries).map((_, i) => Math.hypot(values[i] as number, values[numEntries + i] as number));
}
