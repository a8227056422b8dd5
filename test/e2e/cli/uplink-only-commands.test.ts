import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { frobeniusNorm, magnitudeErrorRatio, nmseDb } from '@edge-csi/csi';
import { openCsiSource } from '@edge-csi/csi/files';
import type { UplinkOnlyManifest } from '@edge-csi/models';
import { readManifest, zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyFactor, writeTinyUplinkOnly } from '../../unit/models/tiny-uplink-only.ts';
import { edgeCsi } from '../edge-csi-command.ts';

const reportModel = 'dualnet-mag-m43';
const data = fileURLToPath(new URL('../../../scripts/lab/data/cost2100-indoor-test-1024.npz', import.meta.url));
const samples = 64;

let folder: string;
let zoo: string;
let manifest: UplinkOnlyManifest;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  zoo = path.join(folder, 'zoo');
  await cp(path.join(zooDirectory(), reportModel), path.join(zoo, reportModel), { recursive: true });
  const { csi } = await readManifest(path.join(zoo, reportModel));
  manifest = await writeTinyUplinkOnly(zoo, 'tiny-u2d', csi);
});
afterAll(() => rm(folder, { recursive: true }));

/** What the tiny model reaches, computed from its definition. */
async function expectedNmseDb() {
  const source = await openCsiSource(data, manifest.csi);
  const [errors, floatErrors]: [number[], number[]] = [[], []];
  for (let i = 0; i < samples; i++) {
    const [downlink, uplink] = [source.downlink(i).values, source.uplink(i)?.values ?? new Float32Array()];
    const n = uplink.length / 2;
    const halved = Float32Array.from(
      { length: n },
      (_, k) => tinyFactor * Math.hypot(uplink[k] ?? 0, uplink[n + k] ?? 0),
    );
    const toNorm = frobeniusNorm(downlink) / frobeniusNorm(uplink);
    const gain = 10 ** (manifest.normalization.downlinkOverUplinkDb / 20);
    errors.push(
      magnitudeErrorRatio(
        downlink,
        halved.map((value) => gain * value),
      ),
    );
    floatErrors.push(
      magnitudeErrorRatio(
        downlink,
        halved.map((value) => toNorm * value),
      ),
    );
  }
  return { magnitudeNmseDb: nmseDb(errors), floatMagnitudeNmseDb: nmseDb(floatErrors) };
}

describe('edge-csi with an uplink-only model in the zoo', () => {
  it('lists, shows and verifies it', async () => {
    const list = await edgeCsi('models', 'list', '--zoo', zoo);
    expect(list.stderr).toBe('');
    expect(list.stdout).toMatch(/^tiny-u2d +- +- +0 +0 +32 x 32 +- +0 +-$/m);
    expect(list.stdout).toMatch(/^dualnet-mag-m43 +1\/12 /m);
    const show = await edgeCsi('models', 'show', 'tiny-u2d', '--zoo', zoo);
    expect(JSON.parse(show.stdout)).toEqual(manifest);
    const json = path.join(folder, 'list.json');
    expect(await edgeCsi('models', 'list', '--zoo', zoo, '--json', json)).toMatchObject({ code: 0 });
    const [reported, uplinkOnly] = JSON.parse(await readFile(json, 'utf8')).models;
    expect(reported).toMatchObject({ model: reportModel, reduction: 12, codewordLength: 43, pruned: true });
    const { bytes } = manifest.files.decoder;
    expect(uplinkOnly).toEqual({
      model: 'tiny-u2d',
      codewordLength: 0,
      codewordBits: 0,
      numAntennas: 32,
      numDelays: 32,
      bytes: { decoder: bytes },
    });
    const verify = await edgeCsi('models', 'verify', '--zoo', zoo);
    expect(verify.stdout).toMatch(/^dualnet-mag-m43 ok, pairing hash [0-9a-f]{64}\ntiny-u2d ok, uplink only\n$/);
  });

  it('measures, records and re-measures its magnitude NMSE at no bits', async () => {
    const json = path.join(folder, 'accuracy.json');
    const command = ['bench', 'accuracy', '--zoo', zoo, '--samples', String(samples)];
    const bench = await edgeCsi(...command, '--record', '--json', json);
    expect(bench.stderr).toBe('');
    const { runs, uplinkOnly } = JSON.parse(await readFile(json, 'utf8'));
    expect(runs.map((run: { model: string }) => run.model)).toEqual([reportModel]);
    const expected = await expectedNmseDb();
    expect(uplinkOnly).toEqual([
      {
        model: 'tiny-u2d',
        samples,
        payloadBits: { mean: 0, codeword: 0, phase: 0, scale: 0 },
        magnitudeNmseDb: expect.closeTo(expected.magnitudeNmseDb, 4),
        floatMagnitudeNmseDb: expect.closeTo(expected.floatMagnitudeNmseDb, 4),
      },
    ]);
    const [float, magnitude] = [expected.floatMagnitudeNmseDb.toFixed(2), expected.magnitudeNmseDb.toFixed(2)];
    expect(bench.stdout).toMatch(new RegExp(`^tiny-u2d +- +${float} +0 +0 +0 +- +- +${magnitude} +- +- +-$`, 'm'));

    const figures = path.join(folder, 'verify.json');
    const honest = await edgeCsi('models', 'verify', 'tiny-u2d', '--zoo', zoo, '--data', data, '--json', figures);
    const [again] = JSON.parse(await readFile(figures, 'utf8')).models;
    expect(again.figures.magnitudeNmseDb).toBeCloseTo(uplinkOnly[0].magnitudeNmseDb, 6);
    expect(honest.stdout).toBe(`tiny-u2d ok, uplink only\n  |H| NMSE ${magnitude} dB at 0 bits, as recorded\n`);
    const file = path.join(zoo, 'tiny-u2d', 'manifest.json');
    const recorded = JSON.parse(await readFile(file, 'utf8'));
    expect(recorded.measured[0]).toMatchObject({ data: path.basename(data), samples, payloadBits: 0 });
    const [entry] = recorded.measured;
    const boast = { ...recorded, measured: [{ ...entry, magnitudeNmseDb: entry.magnitudeNmseDb - 0.2 }] };
    await writeFile(file, JSON.stringify(boast));
    const boastful = await edgeCsi('models', 'verify', 'tiny-u2d', '--zoo', zoo, '--data', data, '--json', figures);
    const [refuted] = JSON.parse(await readFile(figures, 'utf8')).models;
    expect(refuted).toMatchObject({ model: 'tiny-u2d', problem: expect.stringContaining('magnitudeNmseDb is') });
    expect(boastful.stderr).toMatch(/^edge-csi: model-invalid: tiny-u2d: magnitudeNmseDb is .*, the manifest says /);
    expect(boastful.code).toBe(1);
  });

  it('runs the link beside it, every report decoded and none taken for lost', async () => {
    const json = path.join(folder, 'link.json');
    const load = ['--samples', '32', '--ues', '8', '--period-ms', '160', '--deadline-ms', '5000', '--provider', 'cpu'];
    const { stderr } = await edgeCsi('link-run', '--zoo', zoo, '--models', reportModel, ...load, '--json', json);
    expect(stderr).toBe('');
    const [run] = JSON.parse(await readFile(json, 'utf8')).runs;
    expect(run).toMatchObject({ reportsSent: 32, reportsLost: 0, uplinkOnlyEstimates: 0 });
    expect(run.reportsDecoded).toBeGreaterThan(24);
  });
});
