import type { Manifest } from '@edge-csi/models';
import { batchSize, openTransceiver } from '../link/transceiver.ts';
import type { Scheme, Setting } from './scheme.ts';

/** A model as a scheme, over the two knobs that a BS sets with Reconfigure. */
export interface NetworkScheme extends Scheme {
  close(): Promise<void>;
}

/** Least significant bits that each codeword component drops. */
const truncations = [0, 1, 2];
/** Steps of the phase rate knob around the manifest's theta, in octaves. */
const thetaOctaves = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];

/** Opens a model of a zoo as a scheme, refined as a BS would. */
export async function openNetworkScheme(manifest: Manifest, zoo: string): Promise<NetworkScheme> {
  const transceiver = await openTransceiver(manifest, zoo);
  return {
    name: manifest.id,
    family: 'network',
    settings: truncations.flatMap((codewordTruncation) =>
      thetaOctaves.map((octaves) => ({
        codewordTruncation,
        phaseTheta: Math.max(1, Math.round(manifest.phase.theta * 2 ** octaves)),
      })),
    ),
    carry: async (samples, setting: Setting, onReport) => {
      const { codewordTruncation = 0, phaseTheta = manifest.phase.theta } = setting;
      const config = { codewordTruncation, phaseTheta, refine: true };
      for (let start = 0; start < samples.length; start += batchSize) {
        const received = await transceiver.carry(samples.slice(start, start + batchSize), config);
        for (const [i, { estimate, payloadBits }] of received.entries()) {
          onReport(start + i, payloadBits.total, estimate);
        }
      }
    },
    close: () => transceiver.close(),
  };
}
