import path from 'node:path';
import { type AngularDelayCsi, createRandom } from '@edge-csi/csi';
import { createDualnet, type Dualnet } from '@edge-csi/csi/dualnet';
import type { ModelBundle } from '@edge-csi/models';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { createMicroEncoder } from '@edge-csi/ue-client/micro';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromInt16Csi } from '../../../scripts/model-tools/src/embed/golden-header.ts';
import { CHost, missingCompiler } from './c-host.ts';

// Phases at and beside the edges between codes. On an edge, which only axes and diagonals can be in rational numbers, the
// larger code is sent. theta = 1 gives every entry as many bits as there are, so all of them are seen.
const rate = { codewordTruncation: 0, phaseTheta: 1 };

describe('phase codes at the edges of their sectors', () => {
  let bundle: ModelBundle;
  let dualnet: Dualnet;
  let matrices: AngularDelayCsi[];

  beforeAll(async () => {
    bundle = await loadModel(path.join(zooDirectory(), 'dualnet-mag-m43'), ['encoder']);
    dualnet = createDualnet(bundle.codec);
    matrices = [axesAndDiagonals(), ...nearEdges()];
  });

  function expected(csi: AngularDelayCsi, codeword: Uint8Array, phaseTheta: number): Buffer {
    const centred = new Int16Array(dualnet.quantizer.length);
    dualnet.quantizer.centredInto(centred, dualnet.quantizer.unpack(codeword));
    const bits = new Uint8Array(dualnet.allocation.numEntries);
    dualnet.allocation.allocateInto(bits, centred, phaseTheta);
    return Buffer.from(dualnet.representation.encodePhase(csi, bits).bytes);
  }

  it.each([true, false])('are those of csi in micro, SIMD: %s', async (simd) => {
    const encoder = await createMicroEncoder(bundle, { simd });
    for (const phaseTheta of [1, 300, 1245]) {
      for (const csi of matrices) {
        const report = await encoder.encode(csi, { ...rate, phaseTheta });
        expect(Buffer.from(report.phase)).toEqual(expected(csi, report.codeword, phaseTheta));
      }
    }
  });

  it.runIf(missingCompiler() === undefined)('are those of csi in C', async () => {
    const host = await CHost.build(bundle, matrices.slice(0, 1));
    for (const [i, report] of host.encode(matrices, rate).entries()) {
      if (typeof report === 'number') throw new Error(`refused with ${report}`);
      expect(Buffer.from(report.phase)).toEqual(expected(matrices[i] as AngularDelayCsi, report.codeword, 1));
    }
  });

  it('do not hang on the signs of zeros', async () => {
    const encoder = await createMicroEncoder(bundle);
    const positive = axesAndDiagonals();
    const negative = { ...positive, values: positive.values.map((value) => (value === 0 ? -0 : value)) };
    expect(await encoder.encode(negative, rate)).toEqual(await encoder.encode(positive, rate));
  });
});

const shape = { domain: 'angular-delay', numAntennas: 32, numDelays: 32, values: new Float32Array(0) } as const;

function matrix(entry: (i: number) => readonly [number, number]): AngularDelayCsi {
  const values = new Int16Array(2048);
  for (let i = 0; i < 1024; i++) [values[i], values[1024 + i]] = entry(i) as [number, number];
  return fromInt16Csi({ values, exponent: -20 }, shape);
}

function axesAndDiagonals(): AngularDelayCsi {
  const directions = [-1, 0, 1].flatMap((re) => [-1, 0, 1].map((im) => [re, im] as const));
  return matrix((i) => {
    const [re, im] = directions[i % directions.length] as readonly [number, number];
    // Magnitudes from 1 to the largest that both signs of int16 have.
    const size = Math.min(32767, 1 + 37 * i);
    return [re * size, im * size];
  });
}

/** Integers as near as they come to the directions between codes of up to 8 bits, on either side. */
function nearEdges(): AngularDelayCsi[] {
  const random = createRandom(11);
  return Array.from({ length: 4 }, () =>
    matrix((i) => {
      const angle = (Math.PI * (i % 512)) / 256;
      const size = 20000 + Math.floor(random.uniform() * 12000);
      const step = () => Math.floor(random.uniform() * 3) - 1;
      return [Math.round(size * Math.cos(angle)) + step(), Math.round(size * Math.sin(angle)) + step()];
    }),
  );
}
