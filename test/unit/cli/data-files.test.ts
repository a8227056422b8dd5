import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSynthesizer } from '@edge-csi/csi';
import { type NpyArray, openCsiSource, readNpz, readPathList, writeNpz } from '@edge-csi/csi/files';
import { zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { edgeCsi } from './in-process.ts';

const paths = fileURLToPath(new URL('../../fixtures/csi/paths-indoor.npz', import.meta.url));
const numSamples = 8;
const link = {
  ...{ numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6 },
  ...{ downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9, timing: 'absolute' as const },
};

let folder: string;
let channels: readonly Float32Array[];
const at = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-data-'));
  const list = await readPathList(paths);
  const synthesize = createSynthesizer({ ...link, direction: 'downlink', carrierHz: 5.3e9 }, link);
  channels = Array.from({ length: numSamples }, (_, i) => synthesize(list, i).values);
  await writeNpz(at('theirs.npz'), { HT: normalised() });
  await mkdir(at('zoo'));
  for (const id of ['dualnet-mag-m16', 'dualnet-mag-nt128-m86', 'dualnet-mag-outdoor-m43', 'u2d-mag', 'paths-indoor']) {
    await cp(path.join(zooDirectory(), id), path.join(at('zoo'), id), { recursive: true });
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** As CsiNet's files have it: parts around 0.5, and no uplink. */
function normalised(): NpyArray {
  const data = new Float32Array(numSamples * 2048);
  for (const [i, values] of channels.entries())
    data.set(
      values.map((value) => 0.5 + value / 4),
      i * 2048,
    );
  return { dtype: 'float32', shape: [numSamples, 2048], data };
}

function parts(): NpyArray & { data: Float32Array } {
  const data = new Float32Array(numSamples * 2048);
  for (const [i, values] of channels.entries()) data.set(values, i * 2048);
  return { dtype: 'float32', shape: [numSamples, 2048], data };
}

/** Runs a command that has to succeed. @returns its JSON, and what it said on stderr */
async function run(...args: string[]) {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const quiet = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const { code, stderr } = await edgeCsi(...args, '--json', at('result.json'));
    expect([code, stderr]).toEqual([0, '']);
    const notes = said.mock.calls.map(([text]) => String(text));
    return { result: JSON.parse(await readFile(at('result.json'), 'utf8')), notes };
  } finally {
    said.mockRestore();
    quiet.mockRestore();
  }
}

describe('convert', () => {
  const environment = { dtype: 'int16', shape: [1, 8], data: Int16Array.of(0, 0, 1, 1, 2, 2, 3, 3) } as const;
  const distance = { dtype: 'float64', shape: [8], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8.5) } as const;

  it.each(['npz', 'mat'])('keeps what a file says of its samples, in .%s', async (format) => {
    await writeNpz(at('columns.npz'), { downlink: parts(), environment, distance_m: distance });
    await run('convert', '--data', at('columns.npz'), '--samples', '3', '--out', at(`kept.${format}`));
    const { columns } = await openCsiSource(at(`kept.${format}`), link);
    expect(Object.entries(columns).map(([name, values]) => [name, ...values])).toEqual([
      ['environment', 0, 0, 1],
      ['distance_m', 1, 2, 3],
    ]);
  });

  it('refuses samples of no use by number, and writes nothing; drops them where asked to, with their columns', async () => {
    const csi = parts();
    csi.data.fill(Number.NaN, 2048, 2 * 2048);
    csi.data.fill(0, 4 * 2048, 5 * 2048);
    await writeNpz(at('holes.npz'), { downlink: csi, environment });
    const refused = await edgeCsi('convert', '--data', at('holes.npz'), '--out', at('none.npz'));
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/downlink of sample 1: .* is NaN; 'edge-csi convert --drop-empty' leaves out/);
    expect(await readdir(folder)).not.toContain('none.npz');
    const { result } = await run('convert', '--data', at('holes.npz'), '--drop-empty', '--out', at('whole.npz'));
    expect(result).toMatchObject({ samples: 6, dropped: 2 });
    expect((await readNpz(at('whole.npz'))).get('environment')?.data).toEqual(Int32Array.of(0, 1, 1, 2, 3, 3));
  });

  it('scales by a factor', async () => {
    await writeNpz(at('small.npz'), { downlink: parts() });
    await run('convert', '--data', at('small.npz'), '--scale', '0.25', '--out', at('scaled.npz'));
    const scaled = (await openCsiSource(at('scaled.npz'), link)).downlink(2).values;
    expect(scaled).toEqual((channels[2] as Float32Array).map((value) => value / 4));
  });

  it.each(['0', 'inf', 'half', ''])('refuses the scale %j', async (scale) => {
    const { code, stderr } = await edgeCsi('convert', '--data', paths, '--scale', scale, '--out', at('x.npz'));
    expect([code, stderr]).toEqual([2, `edge-csi: --scale is '${scale}', give a number above 0, or unit\n`]);
  });
});

describe('data without an uplink, of one shape', () => {
  it('is measured by the models that it fits; the others are listed, and notes stand on stderr once', async () => {
    const { result, notes } = await run('bench', 'accuracy', '--zoo', at('zoo'), '--data', at('theirs.npz'));
    expect(notes).toEqual(['theirs.npz: downlink: read as normalised, zero at 0.5\n']);
    expect(result.runs).toMatchObject([
      { model: 'dualnet-mag-m16', samples: 8, quality: 'no-uplink' },
      { model: 'paths-indoor', samples: 8 },
    ]);
    expect(result.runs[1].quality).toBeUndefined();
    expect(result.skipped).toEqual([
      { model: 'dualnet-mag-outdoor-m43', why: 'for 0.3 / 0.26 GHz' },
      { model: 'dualnet-mag-nt128-m86', why: 'for 128 x 32' },
      { model: 'u2d-mag', why: 'needs an uplink' },
    ]);
  });

  it('has a curve of networks without, and of path reports', async () => {
    const args = ['--zoo', at('zoo'), '--data', at('theirs.npz'), '--samples', '1'];
    const { result } = await run('bench', 'rate-distortion', ...args);
    expect(result.quality).toBe('no-uplink');
    const schemes = new Set(result.curve.map(({ scheme }: { scheme: string }) => scheme));
    expect([...schemes]).toEqual(['paths', 'paths-cap', 'etype2', 'dualnet-mag-m16']);
  });

  it('is looked into', async () => {
    const args = ['--model', 'dualnet-mag-m16', '--samples', '2', '--data', at('theirs.npz')];
    const { result } = await run('visualize', 'statistics', ...args);
    expect(result.layers.length).toBeGreaterThan(2);
    const refused = await edgeCsi('visualize', 'reciprocity', '--data', at('theirs.npz'));
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no uplink CSI that its name tells'),
    });
  });

  it('has a curve of path reports alone where no network takes its shape', async () => {
    const data = new Float32Array(2 * 3 * 16 * 32);
    for (let n = 0; n < 3; n++) {
      for (let e = 0; e < 512; e++) {
        const values = channels[n] as Float32Array;
        data.set([values[e] as number, values[1024 + e] as number], 2 * (n * 512 + e));
      }
    }
    await writeNpz(at('sixteen.npz'), { downlink: { dtype: 'complex64', shape: [3, 16, 32], data } });
    const { result } = await run('bench', 'rate-distortion', '--data', at('sixteen.npz'), '--samples', '1');
    expect(new Set(result.curve.map(({ family }: { family: string }) => family))).toEqual(new Set(['paths']));
    expect(result.skipped.length).toBeGreaterThan(5);
    const refused = await edgeCsi('bench', 'accuracy', '--data', at('sixteen.npz'));
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('edge-csi models paths --data FILE --out DIR'),
    });
  });
});
