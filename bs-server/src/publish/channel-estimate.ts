import { endianness } from 'node:os';
import type { CsiShape } from '@edge-csi/csi';
import { type ChannelEstimate, type CsiMatrix, csiMatrixOf } from '@edge-csi/proto';

/** One decoded job: of a report, or, without any, of an uplink alone. */
export interface DecodedEstimate
  extends Pick<
    ChannelEstimate,
    'ueId' | 'epoch' | 'seq' | 'slot' | 'modelId' | 'quality' | 'payloadBits' | 'receivedMs' | 'queueMs' | 'decodeMs'
  > {
  readonly shape: CsiShape;
  /**
   * Estimated downlink CSI, planar `[2][numAntennas][numDelays]`; of an uplink alone its magnitude, with zeros as imaginary
   * parts. Empty where it was not wanted here. A view that is overwritten once the outlet returns.
   */
  readonly values: Float32Array;
  /** Age of the CSI at `receivedMs`. */
  readonly arrivalAgeMs: number;
  /** Whoever decoded it has published it to the broker already. */
  readonly published: boolean;
}

const littleEndian = endianness() === 'LE';

/** The message subscribers get of a decoded job. Its matrix may be a view of the job's values. */
export function channelEstimateOf(decoded: Omit<DecodedEstimate, 'published'>, nowMs: number): ChannelEstimate {
  const { ueId, epoch, seq, slot, modelId, shape, values, arrivalAgeMs, receivedMs, queueMs } = decoded;
  const { decodeMs, quality, payloadBits } = decoded;
  const csi = float32Matrix(shape, values);
  const ageMs = arrivalAgeMs + nowMs - receivedMs;
  return { ueId, epoch, seq, slot, modelId, csi, quality, ageMs, queueMs, decodeMs, receivedMs, payloadBits };
}

/** Values as they go over the wire, without a copy where this machine has the wire's byte order. */
function float32Matrix({ numAntennas, numDelays }: CsiShape, values: Float32Array): CsiMatrix {
  if (!littleEndian) return csiMatrixOf({ numAntennas, numDelays, values });
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { numAntennas, numDelays, domain: 'angular-delay', encoding: 'float32', values: bytes };
}
