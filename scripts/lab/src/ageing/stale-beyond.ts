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
