import { pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec, indoorPathTables, type PathRate } from '@edge-csi/csi/paths';
import { expect, it } from 'vitest';
import { angularDelay, goldenArray, planar, scenarios } from '../golden.ts';
import { errorOf } from './channel.ts';

const rates: Record<'cap' | 'quality', PathRate> = {
  cap: { mode: 'cap', maxBits: 120, noiseVariance: 0 },
  quality: { mode: 'quality', bitPrice: 0.0005 },
};
const samples = [0, 1, 2, 3];

/** Payloads any port of the encoder has to write, hexadecimal; `vitest -u` writes the file anew where the format changes. */
it('path reports of golden matrices are the same, bit for bit', async () => {
  const codec = createPathCodec(
    pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024, maxPaths: 12, tables: indoorPathTables }),
  );
  const golden: Record<string, Record<string, string[]>> = {};
  for (const scenario of scenarios) {
    const { data } = await goldenArray(scenario, 'downlink');
    const payloadsAt = (rate: PathRate): string[] =>
      samples.map((i) => {
        const csi = angularDelay(32, 32, planar(data.slice(2048 * i, 2048 * (i + 1))));
        const { payload, squaredErrorRatio } = codec.encode(csi, rate);
        expect(errorOf(codec, csi, payload)).toBeCloseTo(squaredErrorRatio, 5);
        return Buffer.from(payload).toString('hex');
      });
    golden[scenario.scenario] = { cap: payloadsAt(rates.cap), quality: payloadsAt(rates.quality) };
  }
  await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot('golden.json');
});
