import { CsiError } from '../errors.ts';
import type { CsiSamples } from './csi-layout.ts';

/** Samples looked at, evenly spaced. */
const MOST_SAMPLES = 32;
/** Rows and columns from which on halves say something. */
const FEWEST = 8;
/** Shares of the energy in the first half of an axis of angles, and of one of delays. */
const ANGLES = [0.25, 0.75] as const;
const DELAYS = 0.8;

/**
 * Refuses matrices whose antennas and delays seem to be exchanged. Energy lies in the first of the delays, and at angles to either side of
 * broadside, which the two halves of their axis are.
 *
 * @param label - what to call the array in errors
 * @throws CsiError `file-format`, with the calls that exchange them.
 */
export function requireDelaysLast({ numSamples, at }: CsiSamples, label: string): void {
  let [total, early, oneSide] = [0, 0, 0];
  const count = Math.min(numSamples, MOST_SAMPLES);
  for (let i = 0; i < count; i++) {
    const { numAntennas, numDelays, values } = at(Math.floor((i * numSamples) / count));
    if (numAntennas < FEWEST || numDelays < FEWEST) return;
    const energies = [0, 0, 0, 0];
    for (let entry = 0; entry < values.length; entry++) {
      const place = entry % (numAntennas * numDelays);
      const isEarly = place % numDelays < numDelays / 2;
      const isOnOneSide = place < (numAntennas * numDelays) / 2;
      const quarter = (isEarly ? 2 : 0) + (isOnOneSide ? 1 : 0);
      energies[quarter] = (energies[quarter] as number) + (values[entry] as number) ** 2;
    }
    const [neither, side, start, both] = energies as [number, number, number, number];
    const energy = neither + side + start + both;
    if (!(energy > 0 && energy < Number.POSITIVE_INFINITY)) continue;
    total++;
    early += (start + both) / energy;
    oneSide += (side + both) / energy;
  }
  const isOfAngles = early > ANGLES[0] * total && early < ANGLES[1] * total;
  if (!isOfAngles || oneSide <= DELAYS * total) return;
  throw new CsiError(
    'file-format',
    `${label}: antennas and delays, or subcarriers, seem to be exchanged: numpy.swapaxes(x, -1, -2), or permute in MATLAB; ` +
      'if they are in order, set layout (--layout)',
  );
}
