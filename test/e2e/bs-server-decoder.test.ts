import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { decoderModelOf } from '@edge-csi/bs-server/decoding';
import type { ModelBundle } from '@edge-csi/models';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DecodeSlot } from '../../bs-server/src/decoding/decode-slot.ts';
import type * as decoderPool from '../../bs-server/src/decoding/decoder-pool.ts';
import type * as startWorker from '../../bs-server/src/decoding/start-worker.ts';
import { createReferenceDecoder, createSample, firstModel, type Sample, until } from './bs-server-harness.ts';

/** A module of the built server that is not part of its public API. */
function builtModule<M>(name: string): Promise<M> {
  const index = pathToFileURL(createRequire(import.meta.url).resolve('@edge-csi/bs-server'));
  return import(new URL(name, index).href) as Promise<M>;
}

let model: ModelBundle;
let sample: Sample;
let modules: typeof decoderPool & typeof startWorker;

beforeAll(async () => {
  model = await firstModel();
  sample = createSample(model, 3);
  const pool = await builtModule<typeof decoderPool>('./decoding/decoder-pool.js');
  modules = { ...pool, ...(await builtModule<typeof startWorker>('./decoding/start-worker.js')) };
});

async function startPool() {
  const { quantizer, allocation } = model;
  const { numEntries, maxBits } = allocation;
  const layout = {
    maxBatchSize: 4,
    maxCodewordBytes: Math.ceil(quantizer.totalBits / 8),
    maxPhaseBytes: (numEntries * maxBits) / 8,
    maxEntries: numEntries,
  };
  const models = [decoderModelOf(model)];
  const log: string[] = [];
  const decoded: DecodeSlot<string>[] = [];
  const pool = new modules.DecoderPool<string>(
    {
      startWorker: modules.startWorkerThread,
      setup: { models, layout, executionProviders: ['cpu'], intraOpNumThreads: 1 },
      numWorkers: 1,
      maxRestarts: 3,
      clock: () => performance.now(),
    },
    {
      decoded: (slot) => decoded.push(slot),
      lost: (jobs, reason) => log.push(`${jobs} ${reason}`),
      changed: ({ kind }) => log.push(kind),
    },
  );
  await pool.start();
  return { pool, log, decoded };
}

function write(slot: DecodeSlot<string> | undefined, i: number): void {
  const { codeword, phase, payloadBits, scale } = sample;
  const { quantizer, manifest, representation } = model;
  const phaseBits = payloadBits - quantizer.totalBits - representation.scaleBits;
  const theta = manifest.phase.theta;
  slot?.buffers.write(i, { codeword, phase, phaseBits, theta, truncation: 0, scaleLevel: scale }, sample.uplink);
}

describe('a decode worker', () => {
  it('decodes two batches in a row, each into its own slot', async () => {
    const { pool, decoded } = await startPool();
    for (const count of [4, 1]) {
      const slot = pool.claim(true);
      for (let i = 0; i < count; i++) write(slot, i);
      slot?.dispatch(
        0,
        Array.from({ length: count }, (_, i) => `job ${i}`),
      );
    }
    await until('two batches', () => decoded.length === 2);
    const expected = await (await createReferenceDecoder(model))(sample, sample.uplink);
    const norm = Math.hypot(...expected);
    for (const { buffers, jobs } of decoded) {
      for (const i of jobs.keys()) {
        expect(buffers.status(i)).toBe('decoded');
        const values = buffers.estimate(i, model.allocation.numEntries);
        expect(Math.hypot(...values.map((value, k) => value - (expected[k] as number))) / norm).toBeLessThan(1e-5);
      }
    }
    await pool.close(5_000);
  });

  it('is replaced when its batches keep failing, and its successor decodes', async () => {
    const { pool, log, decoded } = await startPool();
    for (let failure = 1; failure <= 3; failure++) {
      const slot = pool.claim(false);
      write(slot, 0);
      // No such model: the worker fails on it.
      slot?.dispatch(7, [`job ${failure}`]);
      await until('a lost batch', () => log.includes(`job ${failure} decoder-error`));
    }
    await until('the successor', () => log.filter((entry) => entry === 'serving').length === 2);
    expect(log.filter((entry) => entry === 'restarting')).toHaveLength(1);
    const slot = pool.claim(false);
    write(slot, 0);
    slot?.dispatch(0, ['job 4']);
    await until('a batch of the successor', () => decoded.length === 1);
    expect(slot?.buffers.status(0)).toBe('decoded');
    await pool.close(5_000);
  });

  it('ends while a batch is with it, which is decoded first', async () => {
    const { pool, log, decoded } = await startPool();
    const slot = pool.claim(false);
    write(slot, 0);
    slot?.dispatch(0, ['job 1']);
    await pool.close(5_000);
    expect(decoded).toHaveLength(1);
    expect(log).toEqual(['serving']);
  });
});
