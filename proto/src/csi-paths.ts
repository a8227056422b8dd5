import type { ChannelPaths } from '@edge-csi/csi';
import type { CsiPaths } from './generated/messages.ts';

/** Writes paths into a message. */
export function csiPathsOf(paths: ChannelPaths): CsiPaths {
  const { antennas, numSubcarriers, coefficientsPerPath, spatialFrequency, delaySamples, gain, response } = paths;
  const { dopplerCyclesPerSlot, spanSlots } = paths;
  return {
    numAntennas1: antennas[0],
    numAntennas2: antennas[1],
    numSubcarriers,
    coefficientsPerPath,
    spatialFrequency: bytesOf(spatialFrequency),
    delaySamples: bytesOf(delaySamples),
    gain: bytesOf(gain),
    response: bytesOf(response),
    dopplerCyclesPerSlot: spanSlots === 0 ? new Uint8Array(0) : bytesOf(dopplerCyclesPerSlot),
    spanSlots,
  };
}

/** Reads the paths of a message that `decodeFrame` has read. Floats may be NaN or infinite: the wire carries what it was given. */
export function readCsiPaths(message: CsiPaths): ChannelPaths {
  const { numAntennas1, numAntennas2, numSubcarriers, coefficientsPerPath, spanSlots } = message;
  const delaySamples = floatsOf(message.delaySamples);
  return {
    antennas: [numAntennas1, numAntennas2],
    numSubcarriers,
    coefficientsPerPath,
    spatialFrequency: floatsOf(message.spatialFrequency),
    delaySamples,
    gain: floatsOf(message.gain),
    response: floatsOf(message.response),
    // A server that knows no shifts sends none.
    dopplerCyclesPerSlot:
      spanSlots === 0 ? new Float32Array(delaySamples.length) : floatsOf(message.dopplerCyclesPerSlot),
    spanSlots,
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return new Uint8Array(view.buffer);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
