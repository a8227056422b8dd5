import { type BitString, createBsCodec } from '@edge-csi/csi';
import { createPathManifest, pathsSpecOf } from '@edge-csi/models';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { HintReply, HintRequest } from '../../../bs-server/src/hint/thread-port.ts';
import { UplinkHints } from '../../../bs-server/src/hint/uplink-hints.ts';
import type { ServedModel } from '../../../bs-server/src/ops/model-catalog.ts';
import type { UplinkSample } from '../../../bs-server/src/queue/decode-job.ts';
import { servedModel } from './served-model.ts';

const networks = servedModel();
const { manifest } = networks;
const spec = pathsSpecOf(createPathManifest({ id: 'paths', csi: { ...manifest.csi, numSubcarriers: 4 } }));
const paths: ServedModel = { ...networks, version: 'paths@1', codec: createBsCodec(spec), spec };
const content: BitString = { bytes: Uint8Array.of(1), bitLength: 8 };

let nowMs: number;
let isBusy: boolean;
let models: Map<string, ServedModel | undefined>;
let posted: HintRequest[];
let heard: string[];
let starts: number;
let ends: number;
let reply: (reply: HintReply) => void;
let fail: (error: Error) => void;

beforeEach(() => {
  nowMs = 1_000;
  isBusy = false;
  models = new Map([
    ['one', paths],
    ['two', paths],
    ['networks', networks],
    ['old', undefined],
  ]);
  posted = [];
  heard = [];
  starts = 0;
  ends = 0;
});

function startHints(hintIntervalMs = 100): UplinkHints {
  return new UplinkHints({
    options: { hintIntervalMs, maxUplinkAgeMs: 500, logger: pino({ level: 'silent' }), clock: () => nowMs },
    taker: (ueId) =>
      models.has(ueId)
        ? { hintModel: models.get(ueId), hint: (model) => heard.push(`${ueId} ${model.version}`) }
        : undefined,
    isBusy: () => isBusy,
    start(onReply, onEnd) {
      starts++;
      reply = onReply;
      fail = onEnd;
      return {
        post: (request) => posted.push(request),
        end: async () => {
          ends++;
        },
      };
    },
  });
}

const uplink = (slot: number): UplinkSample => ({ slot, numAntennas: 2, numDelays: 2, values: new Float32Array(8) });
const slots = () => posted.map(({ uplink: { slot } }) => slot);

describe('UplinkHints', () => {
  it('searches one uplink at a time, no more often than the interval says, and tells its UE', () => {
    const hints = startHints();
    hints.offer('one', uplink(1));
    hints.offer('one', uplink(2));
    expect(slots()).toEqual([1]);
    reply({ content });
    expect(heard).toEqual(['one paths@1']);
    nowMs += 99;
    hints.offer('one', uplink(3));
    expect(slots()).toEqual([1]);
    nowMs += 1;
    hints.offer('one', uplink(4));
    expect(slots()).toEqual([1, 4]);
    nowMs += 1_000;
    hints.offer('two', uplink(5));
    expect(slots()).toEqual([1, 4]);
  });

  it('takes UEs in turn, the newest uplink of each', () => {
    const hints = startHints();
    hints.offer('one', uplink(1));
    for (const slot of [2, 3]) hints.offer('one', uplink(slot));
    for (const slot of [4, 5]) hints.offer('two', uplink(slot));
    for (let i = 0; i < 2; i++) {
      reply({ content });
      nowMs += 100;
      hints.offer('networks', uplink(9));
    }
    expect(slots()).toEqual([1, 3, 5]);
    expect(heard).toEqual(['one paths@1', 'one paths@1']);
  });

  it.each([
    ['a model that takes no hints', 'networks'],
    ['no model to refer under', 'old'],
    ['no session', 'nobody'],
  ])('starts no thread for a UE with %s', (_, ueId) => {
    startHints().offer(ueId, uplink(1));
    expect(starts).toBe(0);
  });

  it('does nothing at an interval of 0, nor for a matrix of another shape', () => {
    startHints(0).offer('one', uplink(1));
    startHints().offer('one', { ...uplink(1), numDelays: 4 });
    expect(starts).toBe(0);
  });

  it('leaves uplinks alone while the server is busy, and those that have grown old', () => {
    const hints = startHints();
    isBusy = true;
    hints.offer('one', uplink(1));
    expect(starts).toBe(0);
    isBusy = false;
    nowMs += 501;
    hints.offer('two', uplink(2));
    expect(slots()).toEqual([2]);
  });

  it('passes over an uplink that makes no hint, and a UE that has left or has another model', () => {
    const hints = startHints();
    hints.offer('one', uplink(1));
    reply({ problem: 'zero' });
    nowMs += 100;
    hints.offer('one', uplink(2));
    models.delete('one');
    reply({ content });
    expect(heard).toEqual([]);
    expect(slots()).toEqual([1, 2]);
  });

  it('starts another thread a while after one has failed', () => {
    const hints = startHints();
    hints.offer('one', uplink(1));
    fail(new Error('out of memory'));
    nowMs += 9_999;
    hints.offer('one', uplink(2));
    expect(starts).toBe(1);
    nowMs += 1;
    hints.offer('one', uplink(3));
    expect([starts, slots()]).toEqual([2, [1, 3]]);
  });

  it('ends its thread, and takes nothing any more', async () => {
    const hints = startHints();
    hints.offer('one', uplink(1));
    await hints.close();
    reply({ content });
    nowMs += 100;
    hints.offer('one', uplink(2));
    await hints.close();
    expect([heard, slots(), ends]).toEqual([[], [1], 2]);
  });
});
