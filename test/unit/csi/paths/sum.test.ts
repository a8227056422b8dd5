import { pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { relativeError } from '../golden.ts';
import { channelOf, drawPaths } from './channel.ts';

const response = {
  re: Array.from({ length: 12 }, (_, n) => 1 + 0.1 * Math.cos(n)),
  im: Array.from({ length: 12 }, (_, n) => 0.2 * Math.sin(3 * n)),
};

describe('the matrix of a report', () => {
  it.each([
    ['a linear array', { antennas: 32, numDelays: 32, numSubcarriers: 1024 }],
    ['a planar array of odd counts', { antennas: [7, 3], numDelays: 13, numSubcarriers: 50 }],
    ['all delays', { antennas: 8, numDelays: 16, numSubcarriers: 16 }],
    ['an array with a response', { antennas: [4, 3], numDelays: 20, numSubcarriers: 64, response }],
    ['one antenna', { antennas: 1, numDelays: 16, numSubcarriers: 64 }],
  ] as const)('is what its paths add up to, of %s', (_, options) => {
    const codec = createPathCodec(pathCodecSpec(options));
    for (let seed = 1; seed <= 5; seed++) {
      const csi = channelOf(codec, drawPaths(codec, seed, 1 + seed));
      const { payload, bits, numPaths } = codec.encode(csi, { mode: 'cap', maxBits: 300 });
      expect(numPaths).toBeGreaterThan(0);
      const [matrix, summed] = [new Float32Array(csi.values.length), new Float32Array(csi.values.length)];
      codec.decodeInto(matrix, payload, bits);
      codec.reconstructInto(summed, codec.decodePaths(payload, bits));
      expect(relativeError(matrix, summed)).toBeLessThan(2e-6);
    }
  });

  it('holds nothing of the report before', () => {
    const codec = createPathCodec(pathCodecSpec({ antennas: 8, numDelays: 8, numSubcarriers: 64 }));
    const reports = [1, 2].map((seed) =>
      codec.encode(channelOf(codec, drawPaths(codec, seed, 5)), { mode: 'cap', maxBits: 200 }),
    );
    const [first, second] = reports.map(({ payload }) => {
      const out = new Float32Array(128);
      codec.decodeInto(out, payload);
      return out;
    });
    const again = new Float32Array(128);
    codec.decodeInto(again, (reports[0] as (typeof reports)[0]).payload);
    expect(again).toEqual(first);
    expect(again).not.toEqual(second);
    expect(() => codec.decodeInto(new Float32Array(127), new Uint8Array(1))).toThrow(
      'out has 127 values, must have 128',
    );
  });
});
