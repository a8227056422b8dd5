import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { openCsiSource, readNpy, readNpz, readPathList } from '@edge-csi/csi/files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeCsi } from '../edge-csi-command.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const fixture = (name: string): string => path.join(root, 'test/fixtures/csi', name);
const link = {
  numAntennas: 32,
  numDelays: 32,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute' as const,
};

let folder: string;
const out = (name: string): string => path.join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('edge-csi convert', () => {
  it('takes a path list through .mat and .npz without changing a bit', async () => {
    const paths = await openCsiSource(fixture('paths-indoor.npz'), link);
    const first = await edgeCsi('convert', '--data', fixture('paths-indoor.npz'), '--out', out('csi.mat'));
    expect(first.stderr).toBe('');
    expect(first.stdout).toContain('downlink: path list, synthesised at 5.3 GHz');
    expect(first.stdout).toContain('Hur_down, Hur_up, distance_m, 8 samples');
    const json = out('report.json');
    const second = await edgeCsi('convert', '--data', out('csi.mat'), '--out', out('csi.npz'), '--json', json);
    expect(second.code).toBe(0);
    const source = await openCsiSource(out('csi.npz'), link);
    for (const index of [0, 7]) {
      expect(source.downlink(index)).toEqual(paths.downlink(index));
      expect(source.uplink(index)).toEqual(paths.uplink(index));
    }
    expect(JSON.parse(await readFile(json, 'utf8'))).toEqual({
      schema: 'edge-csi/convert@1',
      data: 'csi.mat',
      format: 'npz',
      samples: 8,
      dropped: 0,
      files: ['csi.npz'],
    });
  });

  it('writes the uplink apart, and says so where it is left out', async () => {
    const data = fixture('dualnet-layout-v5.mat');
    const alone = await edgeCsi('convert', '--data', data, '--out', out('down.npy'));
    expect(alone.stdout).toContain('the uplink is not written: a .npy file holds one array; add --uplink-out');
    const both = await edgeCsi('convert', '--data', data, '--out', out('d.mat'), '--uplink-out', out('u.mat'));
    expect(both.code).toBe(0);
    const back = await edgeCsi('convert', '--data', out('d.mat'), '--uplink', out('u.mat'), '--out', out('both.npz'));
    expect(back.code).toBe(0);
    const arrays = await readNpz(out('both.npz'));
    expect([...arrays.keys()]).toEqual(['downlink', 'uplink']);
    expect(arrays.get('downlink')).toEqual(await readNpy(out('down.npy')));
  });

  it('cuts a path list', async () => {
    const args = [
      '--data',
      fixture('paths-indoor.npz'),
      '--to',
      'path-list',
      '--samples',
      '3',
      '--out',
      out('few.npz'),
    ];
    expect((await edgeCsi('convert', ...args)).code).toBe(0);
    expect((await readPathList(out('few.npz'))).numSamples).toBe(3);
  });

  it('writes nothing where the data is of another kind', async () => {
    const npz = out('x.npz');
    const wrong = await edgeCsi('convert', '--data', fixture('mixed-v5.mat'), '--variable', 'H', '--out', npz);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('found complex128 [2,4,3], expected');
    const sized = ['--antennas', '4', '--delays', '3', '--variable', 'H'];
    expect((await edgeCsi('convert', '--data', fixture('mixed-v5.mat'), ...sized, '--out', out('h.npy'))).code).toBe(0);
    expect(await readdir(folder)).toEqual(['h.npy']);
  });
});

describe('edge-csi bench', () => {
  it('takes a DualNet .mat file as it is', async () => {
    const args = ['accuracy', '--models', 'dualnet-mag-m43', '--data', fixture('dualnet-layout-v5.mat')];
    const { code, stdout, stderr } = await edgeCsi('bench', ...args);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('2 samples of dualnet-layout-v5.mat');
  });
});

describe('an install without h5wasm', () => {
  it('says how to read a MAT-file of version 7.3', async () => {
    const modules = path.join(folder, 'node_modules');
    await mkdir(modules);
    await cp(path.join(root, 'csi/dist'), path.join(folder, 'dist'), { recursive: true });
    await cp(path.join(root, 'csi/package.json'), path.join(folder, 'package.json'));
    await symlink(path.join(root, 'node_modules/fflate'), path.join(modules, 'fflate'));
    const url = pathToFileURL(path.join(folder, 'dist/files/index.js')).href;
    const script = `const { openCsiSource } = await import(${JSON.stringify(url)});
      await openCsiSource(${JSON.stringify(fixture('matlab-73.mat'))}, ${JSON.stringify(link)}).catch((error) =>
        console.log(error.name, error.code, error.message));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toMatch(/^CsiError dependency-missing .*needs an optional package: npm install h5wasm/);
  });
});
