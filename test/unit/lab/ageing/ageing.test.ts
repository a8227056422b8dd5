import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPathManifest } from '@edge-csi/models';
import { expect, it, onTestFinished } from 'vitest';
import { createAgeGrid } from '../../../../scripts/lab/src/ageing/age-grid.ts';
import { measureAgeing } from '../../../../scripts/lab/src/ageing/ageing.ts';

it('finds that paths which turn on stay near the channel, and serve more, where what is held does not', async () => {
  const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-ageing-'));
  onTestFinished(() => rm(zoo, { recursive: true }));
  const csi = {
    ...{ numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6, timing: 'absolute' as const },
    ...{ downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 },
  };
  const manifests = [createPathManifest({ id: 'a', csi }), createPathManifest({ id: 'b', csi, measurements: 4 })];
  for (const manifest of manifests) {
    await mkdir(path.join(zoo, manifest.id));
    await writeFile(path.join(zoo, manifest.id, 'manifest.json'), JSON.stringify(manifest));
  }
  const runs = await measureAgeing({
    scenario: 'cost2100-indoor',
    models: manifests.map((manifest) => ({ manifest, zoo })),
    ...{ numTracks: 12, speedsKmh: [3], periodsMs: [10], grid: createAgeGrid([10], 4), snrDb: 20, seed: 1 },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
  });
  const figures = new Map(runs.map(({ scheme, byPeriod }) => [scheme, byPeriod[0]]));
  expect([...figures.keys()]).toEqual(['true-held', 'paths-held', 'paths-predicted']);
  const [truth, held, predicted] = [...figures.values()];
  expect(held?.nmseDb).toBeGreaterThan((truth?.nmseDb ?? Number.NaN) - 0.5);
  expect(predicted?.nmseDb).toBeLessThan((truth?.nmseDb ?? Number.NaN) - 5);
  expect(predicted?.spectralEfficiency).toBeGreaterThan((truth?.spectralEfficiency ?? Number.NaN) + 1);
});
