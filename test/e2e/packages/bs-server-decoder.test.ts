import { workerModelOf } from '@edge-csi/bs-server/decode';
import { createBsCodec } from '@edge-csi/csi';
import type { ModelBundle } from '@edge-csi/models';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchSlot } from '../../../bs-server/src/decode/batch-slot.ts';
import type * as decoderPool from '../../../bs-server/src/decode/decoder-pool.ts';
import { bundleOf, familyModel } from '../../family-model.ts';
import type { NamedJob } from '../../unit/bs-server/worker-model.ts';
import { createReferenceDecoder, createSample, firstModel, type Sample, until } from '../bs-server-harness.ts';
import { builtModule } from '../built-module.ts';

let model: ModelBundle;
let sample: Sample;
let DecoderPool: typeof decoderPool.DecoderPool;

beforeAll(async () => {
  model = await firstModel();
  sample = createSample(model, 3);
  ({ DecoderPool } = await builtModule<typeof decoderPool>('./decode/decoder-pool.js'));
});

async function startPool() {
  const log: string[] = [];
  const decoded: BatchSlot<NamedJob>[] = [];
  const pool = new DecoderPool<NamedJob>(
    {
      maxBatchSize: 4,
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      decodeWorkers: 1,
      maxWorkerRestarts: 3,
      clock: () => performance.now(),
    },
    [workerModelOf(model)],
    {
      decoded: (slot) => decoded.push(slot),
      lost: (jobs, reason) => log.push(`${jobs.map(({ name }) => name)} ${reason}`),
      changed: ({ kind }) => log.push(kind),
    },
  );
  await pool.start();
  return { pool, log, decoded };
}

/** The sample, under a name. */
function sampleJob(name: string): NamedJob {
  const record = createBsCodec(model.codec).receive(sample, {});
  return { name, record, uplink: { values: sample.uplink } };
}

const keyOf = (bundle: ModelBundle) => workerModelOf(bundle).key;

/** Has the pool decode zeros with a model. @returns what became of the batch */
async function decodeZeros(bundle: ModelBundle, { pool, decoded, log }: Awaited<ReturnType<typeof startPool>>) {
  const [before, failures] = [decoded.length, log.length];
  await until('a free slot', () => pool.serving);
  const slot = pool.claim(false);
  const codewordBits = bundle.manifest.codeword.bits.reduce((sum, bits) => sum + bits, 0);
  // Twelve phase bits at most: entries of a family model get two each.
  const payload = {
    codeword: new Uint8Array(Math.ceil(codewordBits / 8)),
    scale: 0,
    phase: new Uint8Array(3),
    payloadBits: codewordBits + 8 + 24,
  };
  const record = createBsCodec(bundle.codec).receive(payload, { phaseTheta: 16 });
  slot?.dispatch(keyOf(bundle), [{ name: 'zeros', record, uplink: { values: new Float32Array(24).fill(1) } }]);
  await until('the batch', () => decoded.length > before || log.length > failures);
  if (decoded.length === before) return log.at(-1);
  const status = slot?.buffers.status(0);
  slot?.release();
  return status;
}

describe('a decode worker', () => {
  it('decodes two batches in a row, each into its own slot', async () => {
    const { pool, decoded } = await startPool();
    for (const count of [4, 1]) {
      const slot = pool.claim(true);
      slot?.dispatch(
        keyOf(model),
        Array.from({ length: count }, (_, i) => sampleJob(`job ${i}`)),
      );
    }
    await until('two batches', () => decoded.length === 2);
    const expected = await (await createReferenceDecoder(model))(sample, sample.uplink);
    const norm = Math.hypot(...expected);
    const { numAntennas, numDelays } = model.manifest.csi;
    for (const { buffers, jobs } of decoded) {
      for (const i of jobs.keys()) {
        expect(buffers.status(i)).toBe('decoded');
        const values = buffers.estimate(i, numAntennas * numDelays);
        expect(Math.hypot(...values.map((value, k) => value - (expected[k] as number))) / norm).toBeLessThan(1e-5);
      }
    }
    await pool.close(5_000);
  });

  it('is replaced when its batches keep failing, and its successor decodes', async () => {
    const { pool, log, decoded } = await startPool();
    for (let failure = 1; failure <= 3; failure++) {
      const slot = pool.claim(false);
      // No such model: the worker fails on it.
      slot?.dispatch('no-such-model', [sampleJob(`job ${failure}`)]);
      await until('a lost batch', () => log.includes(`job ${failure} decoder-error`));
    }
    await until('the successor', () => log.filter((entry) => entry === 'serving').length === 2);
    expect(log.filter((entry) => entry === 'restarting')).toHaveLength(1);
    const slot = pool.claim(false);
    slot?.dispatch(keyOf(model), [sampleJob('job 4')]);
    await until('a batch of the successor', () => decoded.length === 1);
    expect(slot?.buffers.status(0)).toBe('decoded');
    await pool.close(5_000);
  });

  it('ends while a batch is with it, which is decoded first', async () => {
    const { pool, log, decoded } = await startPool();
    const slot = pool.claim(false);
    slot?.dispatch(keyOf(model), [sampleJob('job 1')]);
    await pool.close(5_000);
    expect(decoded).toHaveLength(1);
    expect(log).toEqual(['serving']);
  });

  it('loads a model while it serves, has a successor that loads it too, and frees it', async () => {
    const normalization = { kind: 'spherical', scale: { minDb: -60, stepDb: 0.5, bits: 8 } } as const;
    const other = await bundleOf(
      await familyModel({ id: 'other', numAntennas: 4, numDelays: 3, normalization, maxBits: 2 }),
    );
    const rig = await startPool();
    expect(await decodeZeros(other, rig)).toBe('zeros decoder-error');
    await rig.pool.load(workerModelOf(other));
    expect(await decodeZeros(other, rig)).toBe('decoded');
    for (let failure = 1; failure <= 3; failure++) {
      const slot = rig.pool.claim(false);
      slot?.dispatch('no-such-model', [sampleJob(`job ${failure}`)]);
      await until('a lost batch', () => rig.log.includes(`job ${failure} decoder-error`));
    }
    await until('the successor', () => rig.log.filter((entry) => entry === 'serving').length === 2);
    expect(await decodeZeros(other, rig)).toBe('decoded');
    await rig.pool.unload(keyOf(other));
    expect(await decodeZeros(other, rig)).toBe('zeros decoder-error');
    await rig.pool.close(5_000);
  });

  it('refuses a model whose networks are none, or of another shape, and goes on with what it has', async () => {
    const rig = await startPool();
    const good = workerModelOf(model);
    const withDecoder = (key: string, decoder: Uint8Array) => ({
      ...good,
      key,
      networks: { ...good.networks, decoder },
    });
    const noNetwork = withDecoder('broken', new TextEncoder().encode('no network'));
    await expect(rig.pool.load(noNetwork)).rejects.toThrow(/protobuf/i);
    const refiner = model.files.get('refiner') as Uint8Array;
    await expect(rig.pool.load(withDecoder('swapped', refiner))).rejects.toThrow();
    const { numAntennas, numDelays } = model.manifest.csi;
    const normalization = { kind: 'spherical', scale: { minDb: -60, stepDb: 0.5, bits: 8 } } as const;
    const { networks } = workerModelOf(
      await bundleOf(
        await familyModel({
          id: 'small',
          numAntennas,
          numDelays: numDelays / 2,
          normalization,
          maxBits: 2,
          codewordLength: model.manifest.codeword.length,
        }),
      ),
    );
    await expect(rig.pool.load(withDecoder('misshapen', networks.decoder as Uint8Array))).rejects.toThrow();
    const slot = rig.pool.claim(false);
    slot?.dispatch(keyOf(model), [sampleJob('job')]);
    await until('a batch', () => rig.decoded.length === 1);
    expect(slot?.buffers.status(0)).toBe('decoded');
    expect(rig.log).toEqual(['serving']);
    await rig.pool.close(5_000);
  });
});
