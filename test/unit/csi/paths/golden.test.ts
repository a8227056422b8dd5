import { readFileSync } from 'node:fs';
import { pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec, indoorPathTables, type PathRate } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { angularDelay, goldenArray, planar, scenarios } from '../golden.ts';
import { errorOf } from './channel.ts';

/** Payloads any port of the encoder has to write, hexadecimal, by scenario, rate and sample. */
interface Golden {
  readonly [scenario: string]: Readonly<Record<'cap' | 'quality', readonly string[]>>;
}

const golden: Golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'));
const rates: Record<'cap' | 'quality', PathRate> = {
  cap: { mode: 'cap', maxBits: 120, noiseVariance: 0 },
  quality: { mode: 'quality', bitPrice: 0.0005 },
};

describe('path reports of golden matrices', () => {
  const codec = createPathCodec(
    pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024, maxPaths: 12, tables: indoorPathTables }),
  );

  it.each(scenarios)('are the same, bit for bit: $scenario', async (scenario) => {
    const matrices = await goldenArray(scenario, 'downlink');
    const size = 2 * 32 * 32;
    for (const mode of ['cap', 'quality'] as const) {
      const payloads = (golden[scenario.scenario] as Golden[string])[mode];
      for (const [i, expected] of payloads.entries()) {
        const csi = angularDelay(32, 32, planar(matrices.data.slice(i * size, (i + 1) * size)));
        const { payload, squaredErrorRatio } = codec.encode(csi, rates[mode]);
        expect(Buffer.from(payload).toString('hex')).toBe(expected);
        expect(errorOf(codec, csi, payload)).toBeCloseTo(squaredErrorRatio, 5);
      }
    }
  });
});
