import type { ChannelPaths } from '@edge-csi/csi';
import type { CsiPaths } from './generated/messages.ts';

/** Writes paths into a message. */
export function csiPathsOf(paths: ChannelPaths): CsiPaths {
  const { antennas, numSubcarriers, coefficientsPerPath, spatialFrequency, delaySamples, gain, response } = paths;
  return {
    numAntennas1: antennas[0],
    numAntennas2: antennas[1],
    numSubcarriers,
    coefficientsPerPath,
    spatialFrequency: bytesOf(spatialFrequency),
    delaySamples: bytesOf(delaySamples),
    gain: bytesOf(gain),
    response: bytesOf(response),
  };
}

/** Reads the paths of a message that `decodeFrame` has read. Floats may be NaN or infinite: the wire carries what it was given. */
export function readCsiPaths(message: CsiPaths): ChannelPaths {
  const { numAntennas1, numAntennas2, numSubcarriers, coefficientsPerPath } = message;
  return {
    antennas: [numAntennas1, numAntennas2],
    numSubcarriers,
    coefficientsPerPath,
    spatialFrequency: floatsOf(message.spatialFrequency),
    delaySamples: floatsOf(message.delaySamples),
    gain: floatsOf(message.gain),
    response: floatsOf(message.response),
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
