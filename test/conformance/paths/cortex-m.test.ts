import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMovingPathCodec, createPathCodec, indoorPathTables, type PathRate } from '@edge-csi/csi/paths';
import { createPathManifest, type PathManifest, pathsSpecOf } from '@edge-csi/models';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drawAntennaErrors } from '../../../scripts/lab/src/data.ts';
import { measureOnCortexM, missingToolchain } from '../../../scripts/model-tools/src/embed/cortex-m.ts';
import { type PathVector, pathVectors, writePathFolder } from '../../../scripts/model-tools/src/embed/path-folder.ts';
import { angularDelay, goldenArray, planar, scenarios } from '../../unit/csi/golden.ts';
import { hintedRequests } from './hinted-channels.ts';

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

/** Exports a model, and runs its self-test with these vectors. */
async function measured(manifest: PathManifest, requests: readonly PathVector[], ...defines: string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-paths-m-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await writePathFolder(folder, manifest, requests);
  const [footprint] = await measureOnCortexM(folder, 'paths', ['cortex-m4'], defines);
  if (footprint === undefined) throw new Error('nothing was measured');
  const codec = createPathCodec(pathsSpecOf(manifest).codec);
  const numPaths = requests.map(({ csi, rate, known }) => codec.encode(csi, rate, known).numPaths);
  const { flashBytes, ramBytes, instructionsByVector, vectorsEqual } = footprint;
  console.log(`flash ${flashBytes} bytes, RAM ${ramBytes}; instructions by paths, rate by rate:`);
  console.log(instructionsByVector.map((n, i) => `${numPaths[i]}: ${(n / 1e6).toFixed(2)} M`).join(', '));
  expect(vectorsEqual).toBe(requests.length);
  expect(instructionsByVector.length).toBe(requests.length);
  return { ...footprint, numPaths };
}

describe.runIf(missing === undefined)('the path codec on Cortex-M4', () => {
  it.each([
    ['', createPathManifest(model)],
    [' with the response of its array', createPathManifest({ ...model, response })],
  ])(
    'writes the payloads of TypeScript in 20 KB of flash, 32 KB of RAM and 4 M instructions for 8 paths, compiled without known paths%s',
    async (_, manifest) => {
      const without = await measured(manifest, await vectors(), 'EDGE_CSI_PATHS_KNOWN=0');
      expect(without.flashBytes).toBeLessThan(20 * 1024);
      expect(without.ramBytes).toBeLessThan(32 * 1024);
      for (const [i, count] of without.instructionsByVector.entries()) {
        if (i % rates.length < 2 && (without.numPaths[i] as number) <= 8) expect(count).toBeLessThan(4e6);
      }
    },
    120_000,
  );

  it('refers to known paths in 23 KB of flash, 32 KB of RAM and 5 M instructions for 8 paths', async () => {
    const requests = (await hintedRequests()).filter(({ rate }) => 'bitPrice' in rate).filter((_, i) => i % 6 < 3);
    const { flashBytes, ramBytes, instructionsByVector, numPaths } = await measured(
      createPathManifest(model),
      requests,
    );
    expect(flashBytes).toBeLessThan(23 * 1024);
    expect(ramBytes).toBeLessThan(32 * 1024);
    for (const [i, count] of instructionsByVector.entries()) {
      if ((numPaths[i] as number) <= 8) expect(count).toBeLessThan(5e6);
    }
  }, 120_000);

  it('tells Doppler shifts as TypeScript does, in 28 KB of flash and 112 KB of RAM with four matrices', async () => {
    const manifest = createPathManifest({ ...model, measurements: 4 });
    const folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-moving-m-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const matrices = (await vectors()).map(({ csi }) => csi).filter((_, i) => i % rates.length === 0);
    const [still, ...moving] = pathVectors(manifest, matrices);
    if (still === undefined) throw new Error('there are golden matrices');
    const { earlier: _, ...alone } = still;
    const requests: PathVector[] = [alone, ...moving];
    const encode = createMovingPathCodec(pathsSpecOf(manifest).codec).encode;
    const isMoving = requests.map(
      ({ csi, rate, earlier }) => ((encode(csi, rate, earlier).payload[0] as number) & 128) > 0,
    );
    expect(new Set(isMoving)).toEqual(new Set([false, true]));
    await writePathFolder(folder, manifest, requests);
    const [footprint] = await measureOnCortexM(folder, 'paths', ['cortex-m4']);
    console.log(`with Doppler shifts: flash ${footprint?.flashBytes} bytes, RAM ${footprint?.ramBytes}`);
    expect(footprint?.vectorsEqual).toBe(requests.length);
    expect(footprint?.flashBytes).toBeLessThan(28 * 1024);
    expect(footprint?.ramBytes).toBeLessThan(112 * 1024);
  }, 120_000);
});
