import type { Latent, NormalizedMagnitude, NormalizedParts } from '@edge-csi/csi';

/** The UE half of a model. One call at a time. */
export interface Encoder {
  /**
   * Runs the network on one sample.
   *
   * @param input - what the model's representation makes of CSI
   */
  encode(input: NormalizedMagnitude | NormalizedParts): Promise<Latent>;
  /** Releases the engine. Safe to call again. */
  close(): Promise<void>;
}
