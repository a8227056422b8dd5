import type { CsiShape, Latent, NormalizedMagnitude } from '@edge-csi/csi';

/** The UE half of a model. One call at a time. */
export interface Encoder {
  encode(magnitude: NormalizedMagnitude): Promise<Latent>;
  close(): Promise<void>;
}

/**
 * Runs an encoder until its engine has compiled what it will run: the first run takes a thousand times as long as the
 * fiftieth.
 */
export async function warmUp(encoder: Encoder, shape: CsiShape, runs: number): Promise<void> {
  const { numAntennas, numDelays } = shape;
  const values = new Float32Array(numAntennas * numDelays).fill(1 / Math.sqrt(numAntennas * numDelays));
  for (let i = 0; i < runs; i++) {
    await encoder.encode({ domain: 'normalized-magnitude', numAntennas, numDelays, values });
  }
}
