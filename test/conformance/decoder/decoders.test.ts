import { uplinkOnlyWorkerModelOf, workerModelOf } from '@edge-csi/bs-server/decode';
import {
  type AngularDelayCsi,
  createBsCodec,
  createRandom,
  createUplinkDenoiser,
  withEstimationNoise,
} from '@edge-csi/csi';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DecodeJob, uplinkOnlyJob } from '../../../bs-server/src/queue/decode-job.ts';
import { createReferenceDecoder, type Sample, until } from '../../e2e/bs-server-harness.ts';
import { bundleOf, familyModel } from '../../family-model.ts';
import {
  type Contender,
  maxBatchSize,
  openRig,
  pathSamples,
  reportJob,
  type StartModels,
  samples,
  startModels,
} from './decoder-rig.ts';
import { inProcess } from './in-process.ts';
import { overNats } from './over-nats.ts';

const contenders: readonly Contender[] = [inProcess, overNats];

let models: StartModels;
let key: string;

beforeAll(async () => {
  models = await startModels();
  key = workerModelOf(models.model).key;
});

/** How uplinks are decoded alone. */
function uplinkOnlyJobs() {
  const { uplinkOnly } = models;
  const { numAntennas, numDelays } = uplinkOnly.manifest.csi;
  return {
    uplinkOnlyKey: uplinkOnlyWorkerModelOf(uplinkOnly).key,
    job: (values: Float32Array, i: number): DecodeJob => {
      const nowMs = performance.now();
      const uplink = { slot: 7, numAntennas, numDelays, values, arrivedMs: nowMs };
      return uplinkOnlyJob(`ue-${i}`, 3, uplinkOnly.manifest.id, uplink, nowMs, nowMs + 10_000);
    },
  };
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((value, k) => value - (b[k] as number))) / Math.hypot(...b);
}

describe.each(contenders.map((contender) => [contender.name, contender] as const))('decoding %s', (_, contender) => {
  const problem = contender.problem;

  it('gives every report of a batch its own estimate, with its uplink or without', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const sent = samples(models.model, 3);
    const jobs = sent.map((sample) => reportJob(models.model, sample));
    const withoutUplink = { uplink: undefined, quality: 'no-uplink' } as const;
    expect(rig.dispatch(key, [...jobs, reportJob(models.model, sent[0] as Sample, withoutUplink)])).toBe(true);
    expect(rig.decoder.inFlight).toBe(4);
    await until('the batch', () => rig.returned.length === 1);
    const [batch] = rig.returned;
    expect(batch?.statuses).toEqual(Array(4).fill('decoded'));
    const reference = await createReferenceDecoder(models.model);
    for (const [i, sample] of [...sent, sent[0] as (typeof sent)[0]].entries()) {
      const expected = await reference(sample, i === 3 ? undefined : sample.uplink);
      expect(distance(batch?.estimates[i] as Float32Array, expected)).toBeLessThan(1e-5);
    }
    expect(rig.decoder.inFlight).toBe(0);
    expect(rig.lost).toEqual([]);
  });

  it('adds up the paths of path reports as this process does, and leaves out one that is none', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const { paths } = models;
    const sent = await pathSamples(paths, 3);
    const [first] = sent as [Sample, Sample, Sample];
    // An encoder leaves zeros at the end out, and so writes fewer bits than this says.
    const zeros = { ...first, codeword: new Uint8Array(first.codeword.length) };
    const withoutUplink = { uplink: undefined };
    const jobs = [...sent, zeros].map((sample) => reportJob(paths, sample, withoutUplink));
    expect(rig.dispatch(workerModelOf(paths).key, jobs)).toBe(true);
    await until('the batch', () => rig.returned.length === 1);
    const [batch] = rig.returned;
    expect(batch?.statuses).toEqual(['decoded', 'decoded', 'decoded', 'codeword']);
    const length = batch?.estimates[0]?.length ?? 0;
    const rows = jobs.map(({ record }) => ({ record, uplink: undefined, estimate: new Float32Array(length) }));
    await createBsCodec(paths.codec).createDecoder({}, maxBatchSize).decode(rows);
    for (let i = 0; i < 3; i++) {
      expect(distance(batch?.estimates[i] as Float32Array, (rows[i] as (typeof rows)[0]).estimate)).toBeLessThan(1e-6);
    }
  });

  it('takes the noise of its estimation out of an uplink', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const [sample] = samples(models.model, 1) as [Sample];
    const { csi } = models.model.manifest;
    const matrix: AngularDelayCsi = { domain: 'angular-delay', ...csi, values: sample.uplink };
    const { values: uplink } = withEstimationNoise(matrix, 10, createRandom(1));
    rig.dispatch(key, [reportJob(models.model, { ...sample, uplink })]);
    await until('the batch', () => rig.returned.length === 1);
    const estimate = rig.returned[0]?.estimates[0] as Float32Array;
    const reference = await createReferenceDecoder(models.model);
    expect(distance(estimate, await reference(sample, createUplinkDenoiser(csi).denoise(uplink)))).toBeLessThan(1e-5);
    expect(distance(estimate, await reference(sample, uplink))).toBeGreaterThan(1e-3);
  });

  it('takes the noise out of an uplink alone, and estimates nothing where nothing is left', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const { csi } = models.uplinkOnly.manifest;
    const { uplinkOnlyKey, job } = uplinkOnlyJobs();
    const [sample] = samples(models.model, 1) as [Sample];
    const matrix: AngularDelayCsi = { domain: 'angular-delay', ...csi, values: sample.uplink };
    const { values: noisy } = withEstimationNoise(matrix, 10, createRandom(1));
    const denoised = createUplinkDenoiser(csi).denoise(noisy).slice();
    rig.dispatch(uplinkOnlyKey, [noisy, denoised, new Float32Array(noisy.length)].map(job));
    await until('the batch', () => rig.returned.length === 1);
    const [batch] = rig.returned;
    expect(batch?.statuses).toEqual(['decoded', 'decoded', 'estimate']);
    const [ofNoisy, ofDenoised] = batch?.estimates ?? [];
    expect(distance(ofNoisy as Float32Array, ofDenoised as Float32Array)).toBeLessThan(1e-5);
  });

  it('says what is wrong with a report and leaves the others of its batch as they are', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const [first, second] = samples(models.model, 2) as [Sample, Sample];
    const short = { ...first, payloadBits: first.payloadBits - 8, phase: first.phase.subarray(1) };
    rig.dispatch(
      key,
      [short, second].map((sample) => reportJob(models.model, sample)),
    );
    await until('the batch', () => rig.returned.length === 1);
    expect(rig.returned[0]?.statuses).toEqual(['phase', 'decoded']);
  });

  it('decodes uplinks alone', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const { numAntennas, numDelays } = models.uplinkOnly.manifest.csi;
    const { uplinkOnlyKey, job } = uplinkOnlyJobs();
    const jobs = samples(models.model, 2).map(({ uplink }, i) => job(uplink, i));
    rig.dispatch(uplinkOnlyKey, jobs);
    await until('the batch', () => rig.returned.length === 1);
    expect(rig.returned[0]?.statuses).toEqual(['decoded', 'decoded']);
    const numEntries = numAntennas * numDelays;
    for (const estimate of rig.returned[0]?.estimates ?? []) {
      expect(Math.min(...estimate.subarray(0, numEntries))).toBeGreaterThanOrEqual(0);
      expect(Math.max(...estimate.subarray(0, numEntries))).toBeGreaterThan(0);
      expect(estimate.subarray(numEntries).every((value) => value === 0)).toBe(true);
    }
  });

  it('has room for one batch that could still grow, and for a full one behind it', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const jobs = samples(models.model, maxBatchSize).map((sample) => reportJob(models.model, sample));
    const kept = rig.keepRooms();
    expect(rig.dispatch(key, jobs.slice(0, 1))).toBe(true);
    expect(rig.dispatch(key, jobs.slice(0, 1))).toBe(false);
    expect(rig.dispatch(key, jobs)).toBe(true);
    expect(rig.dispatch(key, jobs)).toBe(false);
    await until('both batches', () => rig.returned.length === 2);
    expect(rig.returned.map((batch) => batch.jobs.length).sort()).toEqual([1, 4]);
    for (const room of kept) room.release();
    expect(rig.decoder.inFlight).toBe(0);
  });

  it('gives a batch back as lost, once, where its model is not there', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const jobs = samples(models.model, 2).map((sample) => reportJob(models.model, sample));
    rig.dispatch('no-such-model@000000000000', jobs);
    await until('the loss', () => rig.lost.length > 0);
    expect(rig.lost).toEqual(jobs);
    expect(rig.returned).toEqual([]);
    expect(rig.decoder.inFlight).toBe(0);
  });

  it('decodes a model that is loaded later, and lets it go', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    await using rig = await openRig(contender, models);
    const scale = { minDb: -60, stepDb: 0.5, bits: 8 };
    const shape = { numAntennas: 32, numDelays: 32 };
    const later = await bundleOf(
      await familyModel({ id: 'later', ...shape, normalization: { kind: 'spherical', scale }, maxBits: 2 }),
    );
    const laterKey = workerModelOf(later).key;
    await rig.load(workerModelOf(later));
    const jobs = samples(later, 1).map((sample) => reportJob(later, sample));
    rig.dispatch(laterKey, jobs);
    await until('the batch', () => rig.returned.length === 1);
    expect(rig.returned[0]?.statuses).toEqual(['decoded']);
    await rig.decoder.unload(laterKey);
    rig.dispatch(key, [reportJob(models.model, samples(models.model, 1)[0] as ReturnType<typeof samples>[0])]);
    await until('a batch of the other model', () => rig.returned.length === 2);
    expect(rig.returned[1]?.statuses).toEqual(['decoded']);
  });
});
