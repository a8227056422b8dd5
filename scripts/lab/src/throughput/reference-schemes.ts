import type { AngularDelayCsi } from '@edge-csi/csi';
import type { Scheme } from '../schemes/scheme.ts';

/** What the channel allows: the BS knows it. */
export const perfectCsi: Scheme = {
  name: 'perfect CSI',
  family: 'baseline',
  settings: [{}],
  carry: async (samples, _, onReport) => {
    for (const [i, { downlink }] of samples.entries()) onReport(i, 0, downlink);
  },
};

/**
 * One beam for the whole band, as a wideband codebook has it: the UE names the strongest of as many DFT beams as there are
 * antennas.
 */
export const widebandBeam: Scheme = {
  name: 'wideband beam',
  family: 'baseline',
  settings: [{}],
  carry: async (samples, _, onReport) => {
    for (const [i, { downlink }] of samples.entries()) {
      onReport(i, Math.ceil(Math.log2(downlink.numAntennas)), strongestBeam(downlink));
    }
  },
};

/** One beam for the whole band without any feedback: the strongest one of the uplink. */
export const uplinkBeam: Scheme = {
  name: 'uplink beam, no feedback',
  family: 'baseline',
  settings: [{}],
  carry: async (samples, _, onReport) => {
    for (const [i, { uplink }] of samples.entries()) {
      if (uplink === undefined) throw new RangeError(`sample ${i} has no uplink to take a beam of`);
      onReport(i, 0, strongestBeam(uplink));
    }
  },
};

/** A channel of one path, of the angle that holds most energy. */
function strongestBeam({ numAntennas, numDelays, values }: AngularDelayCsi): AngularDelayCsi {
  const numEntries = numAntennas * numDelays;
  const energies = Array.from({ length: numAntennas }, (_, angle) => {
    let energy = 0;
    for (let i = angle * numDelays; i < (angle + 1) * numDelays; i++) {
      energy += (values[i] as number) ** 2 + (values[numEntries + i] as number) ** 2;
    }
    return energy;
  });
  const beam = new Float32Array(2 * numEntries);
  beam[energies.indexOf(Math.max(...energies)) * numDelays] = 1;
  return { domain: 'angular-delay', numAntennas, numDelays, values: beam };
}
