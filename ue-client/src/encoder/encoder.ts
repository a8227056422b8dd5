import type { Latent, NormalizedMagnitude } from '@edge-csi/csi';

/** The UE half of a model. One call at a time. */
export interface Encoder {
  encode(magnitude: NormalizedMagnitude): Promise<Latent>;
  close(): Promise<void>;
}
