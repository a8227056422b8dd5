import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPathCodec, indoorPathTables, type PathRate } from '@edge-csi/csi/paths';
import { createPathManifest, pathsSpecOf } from '@edge-csi/models';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drawAntennaErrors } from '../../../scripts/lab/src/data.ts';
import { measureOnCortexM, missingToolchain } from '../../../scripts/model-tools/src/embed/cortex-m.ts';
import { type PathVector, writePathFolder } from '../../../scripts/model-tools/src/embed/path-folder.ts';
import { angularDelay, goldenArray, planar, scenarios } from '../../unit/csi/golden.ts';

const missing = await missingToolchain();
console.log(
  missing === undefined ? 'path codec on Cortex-M4: runs under QEMU' : `path codec on Cortex-M4: skipped, ${missing}`,
);

const link = {
  ...{ numAntennas: 32, numDelays: 32, numSubcarriers: 1024 },
  ...{ bandwidthHz: 20e6, downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9, timing: 'absolute' as const },
};
const model = { id: 'paths-12', csi: link, maxPaths: 12, tables: indoorPathTables };
const response = drawAntennaErrors(32, { phaseRmsDeg: 3, gainRmsDb: 0.3, seed: 1 });
const rates: readonly PathRate[] = [
  { mode: 'quality', bitPrice: Math.fround(1e-4), noiseVariance: 0 },
  { mode: 'quality', bitPrice: Math.fround(1e-4) },
  { mode: 'cap', maxBits: 200, noiseVariance: 0 },
];

/** Golden matrices at every rate. */
async function vectors(): Promise<PathVector[]> {
  const all: PathVector[] = [];
  for (const scenario of scenarios) {
    const matrices = await goldenArray(scenario, 'downlink');
    for (let i = 0; i < 3; i++) {
      const csi = angularDelay(32, 32, planar(matrices.data.slice(2048 * i, 2048 * (i + 1))));
      all.push(...rates.map((rate) => ({ csi, rate })));
    }
  }
  return all;
}

describe.runIf(missing === undefined)('the path codec on Cortex-M4', () => {
  it.each([
    ['', createPathManifest(model)],
    [' with the response of its array', createPathManifest({ ...model, response })],
  ])(
    'writes the payloads of TypeScript in 20 KB of flash, 32 KB of RAM and 4 M instructions for 8 paths%s',
    async (_, manifest) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-paths-m-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const requests = await vectors();
      await writePathFolder(folder, manifest, requests);
      const [footprint] = await measureOnCortexM(folder, 'paths', ['cortex-m4']);
      if (footprint === undefined) throw new Error('nothing was measured');
      const codec = createPathCodec(pathsSpecOf(manifest).codec);
      const numPaths = requests.map(({ csi, rate }) => codec.encode(csi, rate).numPaths);
      const { flashBytes, ramBytes, instructionsByVector, vectorsEqual } = footprint;
      console.log(`flash ${flashBytes} bytes, RAM ${ramBytes}; instructions by paths, rate by rate:`);
      console.log(instructionsByVector.map((n, i) => `${numPaths[i]}: ${(n / 1e6).toFixed(2)} M`).join(', '));
      expect(vectorsEqual).toBe(requests.length);
      expect(flashBytes).toBeLessThan(20 * 1024);
      expect(ramBytes).toBeLessThan(32 * 1024);
      expect(instructionsByVector.length).toBe(requests.length);
      for (const [i, count] of instructionsByVector.entries()) {
        if (i % rates.length < 2 && (numPaths[i] as number) <= 8) expect(count).toBeLessThan(4e6);
      }
    },
    120_000,
  );
});
