import { CsiError } from '@edge-csi/csi';
import type { ModelBundle } from '@edge-csi/models';
import { maxFrameBytes } from '@edge-csi/proto';

/** Room in a frame for all that is not CSI, codeword or phase: ids, numbers, field tags. */
const overheadBytes = 512;

/**
 * Checks that every message about a model fits the largest frame of its path: reports, uplinks and estimates as float32.
 *
 * @throws CsiError `model-invalid` naming what does not fit.
 */
export function assertFramesFit({ manifest, quantizer, allocation }: Omit<ModelBundle, 'files'>): void {
  const { numAntennas, numDelays } = manifest.csi;
  const matrixBytes = 2 * 4 * numAntennas * numDelays;
  const phaseBytes = Math.ceil((allocation.numEntries * allocation.maxBits) / 8);
  const frames = [
    ['a report', Math.ceil(quantizer.totalBits / 8) + phaseBytes, maxFrameBytes.ue],
    ['an uplink', matrixBytes, maxFrameBytes.phy],
    ['an estimate', matrixBytes, maxFrameBytes.estimates],
  ] as const;
  for (const [what, bytes, most] of frames) {
    if (bytes + overheadBytes <= most) continue;
    throw new CsiError(
      'model-invalid',
      `${manifest.id} is ${numAntennas} x ${numDelays}: ${what} takes up to ${bytes + overheadBytes} bytes, a frame ${most}`,
    );
  }
}
