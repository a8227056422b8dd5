import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBsServer } from '@edge-csi/bs-server';
import { type AngularDelayCsi, squaredErrorRatio } from '@edge-csi/csi';
import { openCsiSource, readNpz, readPathList, writeCsi } from '@edge-csi/csi/files';
import { createPathCodec } from '@edge-csi/csi/paths';
import { isPathModel, pathsSpecOf } from '@edge-csi/models';
import { loadModel, readReportManifest, zooDirectory } from '@edge-csi/models/disk';
import { decodeFrame } from '@edge-csi/proto';
import { openEncoder } from '@edge-csi/ue-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFolder } from '../../../scripts/model-tools/src/embed/embed-folder.ts';
import { fromInt16Csi, toInt16Csi } from '../../../scripts/model-tools/src/embed/golden-header.ts';
import { writePathFolder } from '../../../scripts/model-tools/src/embed/path-folder.ts';
import { missingCompiler } from '../../conformance/encoder/c-host.ts';
import { TestUe } from '../bs-server-harness.ts';

const model = 'dualnet-mag-m16';
const data = fileURLToPath(new URL('../../../scripts/lab/data/cost2100-indoor-test-1024.npz', import.meta.url));
const example = (name: string) => fileURLToPath(new URL(`../../../ue-client/examples/${name}`, import.meta.url));

let server: Awaited<ReturnType<typeof startBsServer>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-examples-'));
  server = await startBsServer({ port: 0, models: [model], executionProviders: ['cpu'], reportPeriodSlots: 4 });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe('the example in Node', () => {
  it('reports the samples of a file and says what became of them', async () => {
    const args = [example('node/report.js'), server.url.replace(/^http/, 'ws'), data, '10'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toMatch(/^dualnet-mag-m16: 10 reports of \d+ bits: .*\d+ decoded/);
    expect(stderr).toMatch(/^connecting\nready\n(.*\n)?closed\n$/);
  });

  it('says how it is used', () => {
    const { status, stderr } = spawnSync(process.execPath, [example('node/report.js'), 'ws://127.0.0.1:1'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('usage: node report.js ws://HOST:PORT FILE [REPORTS]\n');
    expect(status).toBe(2);
  });
});

describe('the example in Python', () => {
  it('reports matrices and decodes them, with the C codec that embed writes', async ({ skip }) => {
    const missing = [
      ['cc', '--version'],
      ['python3', '-c', 'import numpy'],
    ].find(([program = '', ...args]) => spawnSync(program, args).status !== 0);
    if (missing !== undefined) skip(`${missing.join(' ')} fails`);
    const manifest = await readReportManifest(path.join(zooDirectory(), 'paths-indoor'));
    if (!isPathModel(manifest)) throw new Error('paths-indoor is no model of path reports');
    const codec = path.join(folder, 'path-codec');
    await writePathFolder(codec, manifest, []);
    const source = await openCsiSource(data, manifest.csi);
    const file = path.join(folder, 'csi.npy');
    const channels = [3, 17].map((index) => source.downlink(index));
    await writeCsi(file, 'npy', { downlink: { numSamples: 2, at: (i) => channels[i] as AngularDelayCsi } });
    const run = (...args: string[]) =>
      spawnSync('python3', [example('python/path_report.py'), codec, ...args], { encoding: 'utf8' });
    const { stdout, stderr, status } = run(file, '200');
    expect([stderr, status]).toEqual(['', 0]);
    const own = createPathCodec(pathsSpecOf(manifest).codec);
    const expected = channels.map((csi, i) => {
      const { payload, bits } = own.encode(csi, { mode: 'cap', maxBits: 200 });
      const values = new Float32Array(csi.values.length);
      own.reconstructInto(values, own.decodePaths(payload));
      const nmseDb = 10 * Math.log10(squaredErrorRatio(csi, { ...csi, values }));
      return `sample ${i}: ${bits} bits, NMSE ${nmseDb.toFixed(1)} dB\n`;
    });
    expect(stdout).toBe(expected.join(''));
    expect(run(file, '39').stderr).toContain('max_bits is not 40 to 2000');
  });
});

describe('the example of a ray tracer', () => {
  it('writes a path list of both bands', { timeout: 300_000 }, async ({ skip }) => {
    const pythons = ['python3', ...(process.env.EDGE_CSI_PYTHON?.split(':') ?? [])];
    const python = pythons.find((name) => spawnSync(name, ['-c', 'import sionna.rt']).status === 0);
    if (python === undefined) return skip(`${pythons.join(' and ')} have no sionna.rt: pip install sionna-rt`);
    const file = path.join(folder, 'street.npz');
    const place = ['--bs', '-30', '0', '20', '--radius', '60', '--ues', '6', '--depth', '2'];
    const args = [example('python/ray_traced_paths.py'), 'simple_street_canyon', file, ...place];
    const { stdout, stderr, status } = spawnSync(python, args, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const { numSamples } = await readPathList(file);
    expect(stdout).toMatch(new RegExp(`^${file}: ${numSamples} UEs of 6, [\\d.]+ paths each\n$`));
    expect(numSamples).toBeGreaterThan(0);
    const arrays = await readNpz(file);
    const column = (name: string) => Array.from(arrays.get(name)?.data as Float32Array);
    expect(Math.min(...column('delay_ns'))).toBe(100);
    // Free-space loss is by wavelength, and materials are nearly alike in both bands.
    for (const ratio of column('uplink_gain_ratio')) expect(Math.abs(ratio - 5.3 / 5.1)).toBeLessThan(0.05);
  });
});

describe('the example in C', () => {
  it('makes the report of the micro encoder, which a BS decodes', async ({ skip }) => {
    const problem = missingCompiler();
    if (problem !== undefined) skip(problem);
    const bundle = await loadModel(path.join(zooDirectory(), model), ['encoder']);
    const source = await openCsiSource(data, bundle.manifest.csi);
    const measured = source.downlink(17);
    // As int16 holds it, so that both encoders see the same.
    const csi = fromInt16Csi(toInt16Csi(measured), measured);
    // What `edge-csi embed` writes.
    await writeFolder(folder, bundle, [csi]);
    const program = path.join(folder, 'report');
    const flags = ['-std=c99', '-O1', '-Wall', '-Wextra', '-Werror', '-pedantic', '-fsanitize=address,undefined'];
    const sources = [example('c/main.c'), path.join(folder, 'encoder.c')];
    const compiled = spawnSync('gcc', [...flags, '-I', folder, '-o', program, ...sources, '-lm'], { encoding: 'utf8' });
    expect(compiled.stderr).toBe('');

    const ue = await TestUe.join(server.url, 'c', bundle);
    const { revision, codewordTruncation, phaseTheta } = ue.config;
    const run = (input: Uint8Array, theta = phaseTheta) =>
      spawnSync(program, [ue.epoch, 1, 5, revision, codewordTruncation, theta].map(String), { input });
    const { stdout, stderr, status } = run(new Uint8Array(csi.values.buffer));
    expect(stderr.toString()).toMatch(/^report: \d+ bits in a frame of \d+ bytes\n$/);
    expect(status).toBe(0);
    const micro = await (await openEncoder('micro', bundle)).encode(csi, { codewordTruncation, phaseTheta });
    const frame = decodeFrame(stdout);
    if (frame.kind !== 'report') throw new Error(`a frame of kind ${frame.kind}`);
    const { codeword, scale, phase, payloadBits } = micro;
    expect(frame.value).toMatchObject({ slot: 5, scale, payloadBits: payloadBits.total });
    expect([...frame.value.codeword]).toEqual([...codeword]);
    expect([...frame.value.phase]).toEqual([...phase]);

    ue.connection.send(stdout);
    expect(await ue.outcomeOf(1)).toBe('decoded');

    const refused = [
      run(new Uint8Array(8)),
      run(new Uint8Array(csi.values.byteLength)),
      run(new Uint8Array(csi.values.buffer), 0),
    ];
    expect(refused.map(({ stderr: said }) => said.toString())).toEqual([
      "report: standard input is not one CSI matrix of the model's size\n",
      'report: every entry of the CSI is zero\n',
      'report: TRUNCATION is not 0..7, or THETA not 1..2^24\n',
    ]);
  });
});
