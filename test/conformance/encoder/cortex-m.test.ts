import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Footprint, measureOnCortexM, missingToolchain } from '../../../scripts/model-tools/src/embed/cortex-m.ts';
import { writeFolder } from '../../../scripts/model-tools/src/embed/embed-folder.ts';
import { sampleCsi } from './sample-csi.ts';

const missing = await missingToolchain();
console.log(missing === undefined ? 'Cortex-M: runs under QEMU' : `Cortex-M: skipped, ${missing}`);

async function measure(id: string): Promise<Footprint[]> {
  const bundle = await loadModel(path.join(zooDirectory(), id), ['encoder']);
  const folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-m-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await writeFolder(folder, bundle, await sampleCsi(bundle.manifest, 8));
  return measureOnCortexM(folder);
}

/** M = 43, made for microcontrollers. */
const smallest = 'dualnet-mag-m43-d12-w4';

describe.runIf(missing === undefined)('the C encoder on Cortex-M4, M7 and M33', () => {
  it.each(['dualnet-mag-m43', 'dualnet-mag-m43-full', smallest, 'dualnet-abs-m106'])(
    '%s makes the frames of the TypeScript encoder, with SMLAD as without',
    async (id) => {
      const footprints = await measure(id);
      expect(footprints.map(({ core }) => core)).toEqual(['cortex-m4', 'cortex-m7', 'cortex-m33']);
      for (const { vectorsEqual, simdEqual, instructions } of footprints) {
        expect(vectorsEqual).toBe(8);
        expect(simdEqual).toBe(true);
        expect(instructions).toBeGreaterThan(10_000);
      }
      if (id !== smallest) return;
      for (const { flashBytes, ramBytes } of footprints) {
        expect(flashBytes).toBeLessThan(36 * 1024);
        expect(ramBytes).toBeLessThan(8 * 1024);
      }
    },
    120_000,
  );
});
