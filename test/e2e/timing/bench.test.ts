import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createRandom } from '@edge-csi/csi';
import { writeNpy } from '@edge-csi/csi/files';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BenchCommand } from '../cli/bench-command.ts';
import { scaled } from '../scale.ts';

let command: BenchCommand;
let folder: string;

beforeAll(async () => {
  command = await BenchCommand.open();
  folder = command.folder;
});
afterAll(() => command[Symbol.asyncDispose]());

const bench = (...args: string[]) => command.run(...args, '--models', 'dualnet-mag-m43');

it('carries reports of a small data file through a saturated server, at chosen loads, and past a free decoder', async () => {
  const [data, page] = [path.join(folder, 'small.npy'), path.join(folder, 'server.md')];
  const random = createRandom(1);
  await writeNpy(data, {
    dtype: 'float32',
    shape: [5, 2048],
    data: new Float32Array(5 * 2048).map(() => random.gaussian()),
  });
  const { runs } = (
    await bench(
      'server',
      '--data',
      data,
      '--uplink',
      data,
      '--rounds',
      '1',
      '--seconds',
      '0.5',
      '--ues',
      '16',
      '--markdown',
      page,
    )
  ).result;
  const [run] = runs;
  expect(run).toMatchObject({ model: 'dualnet-mag-m43', ues: 16, batchSize: 16 });
  expect(run.rawReportsPerSecond[0]).toBeGreaterThan(0);
  expect(run.socketReportsPerSecond[0]).toBeGreaterThan(0);
  expect(run.fraction).toBeCloseTo(run.socketReportsPerSecond[0] / run.rawReportsPerSecond[0], 9);

  const { levels, aloneMs, halfLoadRatio } = run.openLoop;
  expect(levels.map(({ load }: { load: number }) => load)).toEqual([0.25, 0.5, 0.75, 0.9, 1.2]);
  for (const { offeredPerSecond, load, shares, latencyMs, sendLagMs } of levels) {
    expect(offeredPerSecond).toBeCloseTo(load * run.throughputPerSecond, 6);
    expect(Object.values(shares as object).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect({ invalid: shares.invalid, unanswered: shares.unanswered }).toEqual({ invalid: 0, unanswered: 0 });
    expect(latencyMs.p50).toBeLessThanOrEqual(latencyMs.p99);
    expect(sendLagMs.p50).toBeGreaterThanOrEqual(0);
  }
  expect(halfLoadRatio).toBeCloseTo(levels[1].latencyMs.p50 / aloneMs.p50, 9);
  const traffic = run.ingest.map((ingest: { uplinksAndSubscriber: boolean }) => ingest.uplinksAndSubscriber);
  expect(traffic).toEqual([true, false]);
  for (const { reportsPerSecond } of run.ingest) expect(reportsPerSecond[0]).toBeGreaterThan(0);
  expect(await readFile(page, 'utf8')).toContain('## Latency in an open loop');
}, 300_000);

it('soaks a server in UEs that come and go, and accounts for every report', async () => {
  const page = path.join(folder, 'soak.md');
  const { runs, problems } = (await bench('soak', '--seconds', `${scaled(5, 120)}`, '--ues', '8', '--markdown', page))
    .result;
  const [run] = runs;
  expect(problems).toEqual([]);
  expect(run).toMatchObject({ model: 'dualnet-mag-m43', ues: 8, unhandledRejections: 0 });
  const { received, decoded, superseded, late, shed, invalid } = run.stats;
  expect(received).toBe(decoded + superseded + late + shed + invalid);
  expect(run.traffic.joins).toBeGreaterThanOrEqual(8);
  expect(run.points.length).toBeGreaterThan(0);
  expect(await readFile(page, 'utf8')).toContain('All counts add up');
}, 300_000);

it('takes a report apart by stage, and starts every backend cold', async () => {
  const { result, stdout } = await bench('latency', '--samples', '40', '--rounds', '1');
  const [run] = result.runs;
  expect(Object.keys(run.latencyMs)).toEqual(['ort', 'micro', 'micro-float32']);
  const stages: Record<string, { p50: number }> = run.stages;
  for (const stage of [
    'normalize',
    'encode',
    'quantize',
    'allocate',
    'codePhases',
    'frame',
    'parse',
    'decode',
    'refine',
  ]) {
    expect(stages[stage]?.p50).toBeGreaterThan(0);
  }
  expect(run.endToEnd.p50).toBeGreaterThan(0);
  for (const { processMs, loadMs, openMs, firstReportMs, totalMs } of Object.values<Record<string, number>>(
    run.coldStart,
  )) {
    expect((processMs ?? 0) + (loadMs ?? 0) + (openMs ?? 0) + (firstReportMs ?? 0)).toBeCloseTo(totalMs ?? 0, 6);
    expect(firstReportMs).toBeGreaterThan(0);
  }
  expect(stdout).toMatch(/At the UE, cold.*median in ms/s);
}, 300_000);

describe('path reports', () => {
  const run = async (suite: string, ...args: string[]) =>
    (await command.run(suite, ...args, '--rounds', '1', '--seconds', '0.3')).result.runs;

  it('are decoded beside networks, as what reports are, and stand in the table without a codeword', async () => {
    const [network, paths] = await run('decoder', '--models', 'dualnet-mag-m16,paths-indoor');
    expect(network).toMatchObject({ codewordLength: 16, ratio: 1 });
    expect(paths.codewordLength).toBeNull();
    expect(paths.ratio).toBeCloseTo(paths.reportsPerSecond[0] / network.reportsPerSecond[0], 9);
  });

  it('go through a saturated server and at chosen loads, without uplinks and without an ingest of their own', async () => {
    const [server] = await run('server', '--models', 'paths-indoor', '--ues', '8');
    expect(server).toMatchObject({ model: 'paths-indoor', family: 'paths', codewordLength: null, ingest: [] });
    expect(server.socketReportsPerSecond[0]).toBeGreaterThan(0);
    for (const { shares } of server.openLoop.levels) expect([shares.invalid, shares.unanswered]).toEqual([0, 0]);
  }, 300_000);

  it('are taken apart by stage: those that a codec without networks has', async () => {
    const args = ['latency', '--models', 'paths-indoor', '--samples', '8', '--rounds', '1'];
    const [latency] = (await command.run(...args)).result.runs;
    expect(Object.keys(latency.latencyMs)).toEqual(['micro']);
    expect(Object.keys(latency.coldStart)).toEqual(['micro']);
    const { stages } = latency;
    for (const stage of ['encode', 'frame', 'parse', 'reconstruct']) expect(stages[stage].p50).toBeGreaterThan(0);
    for (const stage of ['normalize', 'allocate', 'refine']) expect(stages[stage].p99).toBe(0);
  });

  it('soak a server at two budgets of bits, every report accounted for', async () => {
    const args = ['soak', '--models', 'paths-indoor', '--seconds', '6', '--ues', '8'];
    const { runs, problems } = (await command.run(...args)).result;
    expect(problems).toEqual([]);
    expect(runs[0].stats).toMatchObject({ invalid: 0 });
    expect(runs[0].traffic).toMatchObject({ uplinksSent: 0, reconfigurations: 1 });
    expect(runs[0].stats.decoded).toBeGreaterThan(0);
  }, 300_000);
});
