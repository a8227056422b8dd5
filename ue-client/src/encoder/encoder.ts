import type { Latent, NormalizedMagnitude, NormalizedParts } from '@edge-csi/csi';

/** The UE half of a model. One call at a time. */
export interface Encoder {
  /** @param input - what the model's representation makes of CSI */
  encode(input: NormalizedMagnitude | NormalizedParts): Promise<Latent>;
  close(): Promise<void>;
}
