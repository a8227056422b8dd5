/** Ages at which held CSI is looked at, and what of them a report period averages. */
export interface AgeGrid {
  /** Rising, from 0. */
  readonly agesMs: readonly number[];
  /** Weight of each age in the mean over the time that a report of that period is in use, `[agesMs.length]`. */
  weightsOf(periodMs: number): Float64Array;
}

/**
 * Ages from 0 to the oldest that is used, about two an octave. A report is in use from `delayMs` after it was measured
 * until the next one takes its place a period later.
 */
export function createAgeGrid(periodsMs: readonly number[], delayMs: number): AgeGrid {
  const oldest = delayMs + Math.max(...periodsMs);
  const ages = new Set([0, delayMs, ...periodsMs.map((period) => delayMs + period)]);
  for (let age = 1; age < oldest; age *= Math.SQRT2) ages.add(Math.round(age));
  const agesMs = [...ages].sort((a, b) => a - b);
  return { agesMs, weightsOf: (periodMs) => trapezoidWeights(agesMs, delayMs, delayMs + periodMs) };
}

/** Weights of the mean, from one node to another, of what is linear between nodes. */
function trapezoidWeights(nodes: readonly number[], from: number, to: number): Float64Array {
  const weights = new Float64Array(nodes.length);
  for (let i = nodes.indexOf(from); i < nodes.indexOf(to); i++) {
    const share = ((nodes[i + 1] as number) - (nodes[i] as number)) / (to - from) / 2;
    weights[i] = (weights[i] as number) + share;
    weights[i + 1] = (weights[i + 1] as number) + share;
  }
  return weights;
}

/** NMSE of held CSI at one age. */
interface AgedError {
  readonly ageMs: number;
  readonly nmseDb: number;
}

/**
 * The age at which held CSI is off by some NMSE, between the ages measured as a power law, which it is while a UE has moved
 * by little: error grows with the square of the distance. Below the first age that law is taken as it stands.
 *
 * @param aged - by rising age, above 0
 * @returns `undefined` where it never is within the ages measured
 */
export function ageOfError(aged: readonly AgedError[], nmseDb: number): number | undefined {
  const next = aged.findIndex((point) => point.nmseDb >= nmseDb);
  const after = aged[next];
  if (after === undefined) return undefined;
  const before = aged[next - 1];
  const dbPerDecade =
    before === undefined ? 20 : (after.nmseDb - before.nmseDb) / Math.log10(after.ageMs / before.ageMs);
  return after.ageMs * 10 ** ((nmseDb - after.nmseDb) / dbPerDecade);
}
