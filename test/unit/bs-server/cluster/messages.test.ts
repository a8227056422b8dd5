import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import {
  AnswerWriter,
  readWorkerMessage,
  writeRefused,
  writeTaken,
} from '../../../../bs-server/src/cluster/decode-answer.ts';
import {
  assertBatchFits,
  readDecodeRequest,
  writeDecodeRequest,
} from '../../../../bs-server/src/cluster/decode-request.ts';
import { decodeSubject, estimateSubject, requestOf } from '../../../../bs-server/src/cluster/subjects.ts';
import { readBeat, writeBeat } from '../../../../bs-server/src/cluster/worker-beat.ts';
import { uplinkOnlyJob } from '../../../../bs-server/src/queue/decode-job.ts';
import { workerModel } from '../worker-model.ts';
import { tinyJob, tinyShape } from './jobs.ts';

/** A message as it comes from a socket: somewhere in a larger buffer, on no boundary. */
function received(bytes: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(bytes.length + 7);
  buffer.set(bytes, 3);
  return buffer.subarray(3, 3 + bytes.length);
}

function request(nowMs = 1010): Uint8Array {
  const jobs = [tinyJob('ue.1', 1, 1000), tinyJob('ue-2', 2, 1000, { uplink: undefined })];
  return writeDecodeRequest({ model: 'tiny@0', cell: 'cell-7', shape: tinyShape, wantsEstimates: true, jobs }, nowMs);
}

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe('a decode request', () => {
  it('comes back as it was written, with the time that is left and the age of the CSI', () => {
    const { model, cell, shape, wantsEstimates, jobs } = readDecodeRequest(received(request()));
    const head = { model: 'tiny@0', cell: 'cell-7', shape: tinyShape, wantsEstimates: true };
    expect({ model, cell, shape, wantsEstimates }).toEqual(head);
    const { record } = tinyJob('', 1, 0);
    expect(jobs[0]).toEqual({
      ueId: 'ue.1',
      epoch: 7,
      seq: 1,
      slot: 101,
      remainingMs: 90,
      ageMs: 11.5,
      quality: 'fresh',
      payloadBits: 32,
      record,
      uplink: { values: bytesOf(Float32Array.of(1.5, -2, 1, 0.25)) },
    });
    expect(jobs[1]).toMatchObject({ ueId: 'ue-2', seq: 2, uplink: undefined });
  });

  it('states no time below nothing', () => {
    expect(readDecodeRequest(request(2000)).jobs[0]?.remainingMs).toBe(0);
  });

  it('carries uplinks without reports', () => {
    const uplink = { slot: 9, ...tinyShape, values: Float32Array.of(1, 2, 3, 4), arrivedMs: 900 };
    const job = uplinkOnlyJob('u', 3, 'u2d', uplink, 1000, 1100);
    const bytes = writeDecodeRequest(
      { model: 'u2d', cell: 'c', shape: tinyShape, wantsEstimates: false, jobs: [job] },
      1000,
    );
    const [read] = readDecodeRequest(bytes).jobs;
    expect(read).toMatchObject({
      ueId: 'u',
      epoch: 3,
      seq: 0,
      slot: 9,
      ageMs: 100,
      remainingMs: 100,
      quality: 'uplink-only',
    });
    expect(read?.uplink?.values).toEqual(bytesOf(uplink.values));
  });

  it('is refused where it is cut short or longer than it says', () => {
    const whole = request();
    for (let length = 0; length < whole.length; length++) {
      expect(() => readDecodeRequest(whole.subarray(0, length))).toThrow('decode request: ');
    }
    expect(() => readDecodeRequest(Uint8Array.of(...whole, 0))).toThrow('1 bytes too many');
    expect(() => readDecodeRequest(Uint8Array.of(1, ...whole.subarray(1)))).toThrow('layout 1, expected 3');
  });

  it('is read or refused, whatever its bytes', () => {
    const random = createRandom(5);
    for (let i = 0; i < 2000; i++) {
      const bytes = request();
      for (let k = 0; k < 4; k++)
        bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
      try {
        readDecodeRequest(bytes);
      } catch (error) {
        // TypeError: an id that is not UTF-8.
        expect((error as Error).name).toMatch(/^(CsiError|TypeError)$/);
      }
    }
  });

  it('must fit the largest message of the broker', () => {
    const model = workerModel('wide@0', { maxEntries: 4096 });
    expect(() => assertBatchFits(model, 32, 2 ** 20)).toThrow(
      /^32 reports of wide@0 take 10\d+ bytes, .* 1048576; raise it/,
    );
    expect(() => assertBatchFits(model, 31, 2 ** 20)).not.toThrow();
  });
});

describe('what a worker says', () => {
  it('comes back as it was written', () => {
    expect(readWorkerMessage(writeTaken('worker-a'))).toEqual({ kind: 'taken', worker: 'worker-a' });
    const refused = { kind: 'refused', worker: 'worker-a', refusal: 'busy' };
    expect(readWorkerMessage(writeRefused('worker-a', 'busy'))).toEqual(refused);
  });

  it('is an answer with the estimates of the jobs that are decoded, filled in any order', () => {
    const writer = new AnswerWriter(3, 2);
    writer.settle(2, 'decoded', Float32Array.of(1, 2, 3, 4));
    writer.batchDone(4, undefined);
    writer.settle(0, 'late');
    writer.settle(1, 'phase');
    writer.batchDone(3, 0.5);
    expect(readWorkerMessage(received(writer.bytes))).toEqual({
      kind: 'answer',
      answer: {
        statuses: ['late', 'phase', 'decoded'],
        decodeMs: 7,
        codewordDrift: 0.5,
        estimates: Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4),
      },
    });
  });

  it('is refused where it is nothing of the kind', () => {
    const answer = new AnswerWriter(1, 2).bytes;
    expect(() => readWorkerMessage(answer.subarray(0, 20))).toThrow('1 jobs of 2 entries in 20 bytes');
    expect(() => readWorkerMessage(Uint8Array.of(1, 9))).toThrow('kind 9');
    expect(() => readWorkerMessage(new Uint8Array())).toThrow('layout undefined');
  });

  it('is a beat ten times a second', () => {
    const beat = { worker: 'worker-a', state: 'serving', models: ['tiny@0'], decoders: 1, load: 3 } as const;
    expect(readBeat(writeBeat(beat))).toEqual(beat);
    const written = (change: Partial<Record<keyof typeof beat, unknown>>) => JSON.stringify({ ...beat, ...change });
    const wrong = [{ state: 'asleep' }, { worker: 'a b' }, { worker: 'a.>' }, { decoders: -1 }].map(written);
    for (const text of ['', '{}', 'null', ...wrong]) {
      expect(() => readBeat(new TextEncoder().encode(text))).toThrow('not the beat of a decode worker');
    }
  });
});

describe('subjects', () => {
  it('keep an id with dots in one token', () => {
    expect(decodeSubject('dualnet.v2@0123456789ab')).toBe('csi.decode.dualnet%2Ev2.0123456789ab');
    expect(decodeSubject('u2d-mag')).toBe('csi.decode.u2d-mag.uplink-only');
    expect(estimateSubject('cell-7', 'ue.1')).toBe('csi.estimate.cell-7.ue%2E1');
    expect(requestOf('csi.answer.gateway-a.17')).toBe(17);
  });
});
