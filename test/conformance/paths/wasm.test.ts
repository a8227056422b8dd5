import { pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec } from '@edge-csi/csi/paths';
import { createPathEncoder } from '@edge-csi/ue-client/paths';
import { describe, expect, it } from 'vitest';
import { arrays, channels, edgeCases, edgeRates, listOf, outcomeOf, rateOf } from './cases.ts';
import { hintedCodec, hintedRequests } from './hinted-channels.ts';

const small = createPathCodec(pathCodecSpec({ antennas: 27, numDelays: 16, numSubcarriers: 512, maxPaths: 12 }));

describe('the path encoder in WebAssembly', () => {
  it.each(arrays)('writes the payloads of TypeScript, bit for bit: $what', async ({ antennas, numDelays, ...rest }) => {
    const spec = pathCodecSpec({ antennas, numDelays, numSubcarriers: 512, maxPaths: 12, ...rest });
    const codec = createPathCodec(spec);
    const encoders = await Promise.all([true, false].map((simd) => createPathEncoder(spec, { simd })));
    for (const [i, csi] of channels(codec, 40).entries()) {
      const expected = codec.encode(csi, rateOf(csi, i));
      const squaredErrorRatio = Math.fround(expected.squaredErrorRatio);
      for (const encoder of encoders)
        expect(encoder.encode(csi, rateOf(csi, i))).toEqual({ ...expected, squaredErrorRatio });
    }
  });

  it.each(arrays)('refers to known paths as TypeScript does: $what', async ({ antennas, numDelays, ...rest }) => {
    const spec = pathCodecSpec({ antennas, numDelays, numSubcarriers: 512, maxPaths: 12, ...rest });
    const codec = createPathCodec(spec);
    const encoders = await Promise.all([true, false].map((simd) => createPathEncoder(spec, { simd })));
    let referring = 0;
    for (const [i, csi] of channels(codec, 24).entries()) {
      const expected = codec.encode(csi, rateOf(csi, i), listOf(codec, i));
      if (expected.knownVersion !== undefined) referring++;
      const squaredErrorRatio = Math.fround(expected.squaredErrorRatio);
      for (const encoder of encoders) {
        expect(encoder.encode(csi, rateOf(csi, i), listOf(codec, i))).toEqual({ ...expected, squaredErrorRatio });
      }
    }
    expect(referring).toBeGreaterThan(4);
  });

  it('refers to hints as TypeScript does, at every rate, indoors, outdoors and in Munich', async () => {
    const encoder = await createPathEncoder(hintedCodec.spec);
    const requests = await hintedRequests();
    for (const { what, csi, rate, known } of requests) {
      const expected = hintedCodec.encode(csi, rate, known);
      const squaredErrorRatio = Math.fround(expected.squaredErrorRatio);
      expect([what, encoder.encode(csi, rate, known)]).toEqual([what, { ...expected, squaredErrorRatio }]);
    }
  });

  it.each(edgeCases(small))('reports or refuses as TypeScript does: $what', async ({ csi }) => {
    const encoder = await createPathEncoder(small.spec);
    for (const rate of edgeRates) {
      for (const known of [undefined, listOf(small, 2)]) {
        expect(outcomeOf(encoder, csi, rate, known)).toBe(outcomeOf(small, csi, rate, known));
      }
    }
  });

  it('refuses what TypeScript refuses', async () => {
    const encoder = await createPathEncoder(pathCodecSpec({ antennas: 4, numDelays: 4, numSubcarriers: 64 }));
    const csi = { domain: 'angular-delay', numAntennas: 4, numDelays: 4, values: new Float32Array(32) } as const;
    const rate = { mode: 'cap', maxBits: 100 } as const;
    expect(() => encoder.encode(csi, rate)).toThrow('CSI');
    expect(() => encoder.encode({ ...csi, numAntennas: 2, numDelays: 8 }, rate)).toThrow('CSI');
    const usable = { ...csi, values: csi.values.map((_, i) => i) };
    expect(() => encoder.encode(usable, { mode: 'cap', maxBits: 39 })).toThrow(RangeError);
  });
});
