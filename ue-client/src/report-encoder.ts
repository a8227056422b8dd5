import type { PayloadEncoder, UeCodec } from '@edge-csi/csi';

/** The UE's whole computation without a connection, from CSI to what a report carries. One call at a time. */
export interface ReportEncoder extends PayloadEncoder {
  /** Releases the engine. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Makes reports of made-up CSI until the engines have compiled what they will run: the first report takes a hundred
 * times as long as the fiftieth.
 */
export async function warmUp(encoder: PayloadEncoder, { shape, trialNorm }: UeCodec, runs: number): Promise<void> {
  const numEntries = shape.numAntennas * shape.numDelays;
  const amplitude = trialNorm / Math.sqrt(numEntries);
  const values = Float32Array.from({ length: 2 * numEntries }, (_, i) => amplitude * Math.cos(i));
  for (let i = 0; i < runs; i++) await encoder.encode({ domain: 'angular-delay', ...shape, values }, {});
}
