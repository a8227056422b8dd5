import { createRandom } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { LinkSample } from '../../../../scripts/lab/src/link/transceiver.ts';

const numAntennas = 4;
const numDelays = 8;
export const numEntries = numAntennas * numDelays;

/**
 * Seeded samples whose energy falls over the entries and follows two hidden factors; the uplink has the downlink's
 * magnitudes, disturbed, and phases of its own.
 */
export function correlatedSamples(count: number, seed: number): LinkSample[] {
  const random = createRandom(seed);
  const csi = (magnitude: Float64Array) => {
    const values = new Float32Array(2 * numEntries);
    for (const [i, value] of magnitude.entries()) {
      const phaseRad = 2 * Math.PI * random.uniform();
      values[i] = value * Math.cos(phaseRad);
      values[numEntries + i] = value * Math.sin(phaseRad);
    }
    return { domain: 'angular-delay', numAntennas, numDelays, values } as const;
  };
  return Array.from({ length: count }, () => {
    const factors = [random.gaussian(), random.gaussian()];
    const magnitude = Float64Array.from({ length: numEntries }, (_, i) => {
      const shape = Math.exp(0.6 * (factors[i % 2] as number) + 0.4 * random.gaussian());
      return 2 ** (-i / 4) * shape;
    });
    const uplink = magnitude.map((value) => value * Math.exp(0.1 * random.gaussian()));
    return { downlink: csi(magnitude), uplink: csi(uplink) };
  });
}

/** The samples as a data file's reader would give them. */
export function sourceOf(samples: readonly LinkSample[]): CsiSource {
  return {
    name: 'synthetic',
    numSamples: samples.length,
    description: { downlink: 'drawn', uplink: 'drawn' },
    notes: [],
    columns: {},
    downlink: (index) => (samples[index] as LinkSample).downlink,
    uplink: (index) => samples[index]?.uplink,
  };
}
