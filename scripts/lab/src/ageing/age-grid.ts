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
