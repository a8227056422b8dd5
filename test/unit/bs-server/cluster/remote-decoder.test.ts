import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeRefused, writeTaken } from '../../../../bs-server/src/cluster/decode-answer.ts';
import { readDecodeRequest } from '../../../../bs-server/src/cluster/decode-request.ts';
import { createRemoteRig } from './remote-rig.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const group = 'csi.decode.tiny.0';
const none = new Uint8Array();

describe('RemoteDecoder', () => {
  it('sends a batch to the queue group and gives its answer back', async () => {
    const { dispatch, sent, broker, reply, answer, decoded, decoder } = await createRemoteRig();
    expect(dispatch('a', 'b')).toBe(true);
    expect(sent()).toEqual([group]);
    expect(broker.published[0]?.reply).toBe('csi.answer.g.1');
    expect(readDecodeRequest(broker.published[0]?.data ?? none).jobs.map(({ ueId }) => ueId)).toEqual(['a', 'b']);
    expect(decoder.inFlight).toBe(2);
    reply(0, writeTaken('w1'));
    reply(0, answer(2));
    expect(decoded).toEqual(['a decoded 1 3', 'b decoded 2 3']);
    expect(decoder.inFlight).toBe(0);
  });

  it('has one batch that could grow under way for each decoder it hears of, and a full one behind it', async () => {
    const { dispatch, decoder, beat } = await createRemoteRig();
    expect([dispatch('a'), dispatch('b')]).toEqual([true, false]);
    beat('w1', { decoders: 2 });
    expect([dispatch('b'), dispatch('c')]).toEqual([true, false]);
    expect(decoder.claim(true, 'tiny@0')).toBeDefined();
    expect(decoder.claim(false, 'tiny@0')).toBeUndefined();
  });

  it('counts by model where workers have different ones: a busy worker keeps nothing from an idle one', async () => {
    const { dispatch, decoder, beat, reply, answer } = await createRemoteRig();
    beat('w1');
    beat('w2', { models: ['other@1'] });
    expect([dispatch('a'), dispatch('b')]).toEqual([true, false]);
    const room = decoder.claim(false, 'other@1');
    expect(room).toBeDefined();
    expect(decoder.claim(false, 'other@1')).toBeUndefined();
    room?.release();
    reply(0, answer(1));
    // One that has both has one decoder all the same.
    beat('w1', { models: ['tiny@0', 'other@1'] });
    beat('w2', { state: 'left' });
    expect(dispatch('c')).toBe(true);
    expect(decoder.claim(false, 'other@1')).toBeUndefined();
  });

  it('is told at once where nobody decodes, and gives the batch up', async () => {
    const { dispatch, reply, lost, tally } = await createRemoteRig();
    dispatch('a');
    reply(0, none, true);
    expect(lost).toEqual(['a no-responders']);
    expect(tally.noResponders.value).toBe(1);
  });

  it('sends a batch that nobody takes to another worker by name, with the time that is left, and once only', async () => {
    const { dispatch, sent, broker, beat, advance, tally, lost } = await createRemoteRig();
    beat('w1');
    beat('w2');
    dispatch('a');
    advance(24);
    expect(sent()).toEqual([group]);
    advance(5);
    expect(sent()[1]).toMatch(/^csi\.worker\.w[12]$/);
    expect(broker.published[1]?.reply).toBe('csi.answer.g.1');
    const left = readDecodeRequest(broker.published[1]?.data ?? none).jobs[0]?.remainingMs ?? 0;
    expect(left).toBeGreaterThan(70);
    expect(left).toBeLessThanOrEqual(75);
    advance(60);
    expect([sent().length, tally.retries.value, lost.length]).toEqual([2, 1, 0]);
    advance(15);
    expect(lost).toEqual(['a deadline-passed']);
  });

  it('lets a worker that has taken a batch work until the deadline', async () => {
    const { dispatch, sent, beat, reply, advance, answer, decoded } = await createRemoteRig();
    beat('w1');
    beat('w2');
    dispatch('a');
    reply(0, writeTaken('w1'));
    advance(95);
    expect(sent()).toEqual([group]);
    reply(0, answer(1));
    expect(decoded).toHaveLength(1);
  });

  it('takes the first of two answers and counts the second', async () => {
    const { dispatch, beat, reply, advance, answer, decoded, tally, lost } = await createRemoteRig();
    beat('w1');
    beat('w2');
    dispatch('a');
    advance(30);
    reply(1, answer(1));
    reply(0, answer(1));
    expect([decoded.length, tally.unawaited.value, lost.length]).toEqual([1, 1, 0]);
  });

  it('waits for the first worker where the second one refuses or is gone, and gives up once neither is left', async () => {
    const { dispatch, beat, reply, advance, answer, decoded, lost } = await createRemoteRig();
    beat('w1');
    dispatch('a');
    advance(30);
    // The other one was not asked for the want of an answer alone.
    reply(1, writeRefused('w1', 'busy'));
    expect(lost).toEqual([]);
    reply(0, answer(1));
    expect(decoded).toHaveLength(1);
    dispatch('b');
    advance(30);
    reply(3, none, true);
    reply(2, writeTaken('w0'));
    expect(lost).toEqual([]);
    reply(2, writeRefused('w0', 'failed'));
    expect(lost).toEqual(['b decoder-error']);
  });

  it('takes what a worker refuses to another one, and gives it up where that refuses too', async () => {
    const { dispatch, sent, beat, reply, lost } = await createRemoteRig();
    beat('w1');
    beat('w2');
    dispatch('a');
    reply(0, writeRefused('w1', 'draining'));
    expect(sent()).toEqual([group, 'csi.worker.w2']);
    // The first one's word, come late, is no longer the holder's.
    reply(0, writeRefused('w1', 'busy'));
    expect(lost).toEqual([]);
    reply(1, writeRefused('w2', 'failed'));
    expect(lost).toEqual(['a decoder-error']);
  });

  it('takes what a worker that falls silent has to another, and names workers while one is silent', async () => {
    const rig = await createRemoteRig({ deadlineMs: 1000 });
    const { dispatch, sent, beat, reply, advance, tally, decoder, answer, decoded } = rig;
    beat('w1');
    beat('w2');
    dispatch('a');
    advance(200);
    // A sign of life is as good as a beat.
    reply(0, writeTaken('w1'));
    beat('w2');
    advance(340);
    beat('w2');
    expect([decoder.numServing, sent()]).toEqual([2, [group]]);
    advance(60);
    expect([decoder.numServing, tally.silentWorkers.value]).toEqual([1, 1]);
    expect(sent()).toEqual([group, 'csi.worker.w2']);
    reply(1, answer(1));
    expect(decoded).toHaveLength(1);
    dispatch('b');
    expect(sent()[2]).toBe('csi.worker.w2');
    reply(2, answer(1));
    beat('w1');
    dispatch('c');
    expect(sent()[3]).toBe(group);
  });

  it('gives up what nobody took once the last worker has fallen silent', async () => {
    const { dispatch, beat, advance, lost } = await createRemoteRig({ deadlineMs: 1000 });
    beat('w1');
    dispatch('a');
    advance(410);
    expect(lost).toEqual(['a worker-silent']);
  });

  it('gives up everything under way when the broker is lost, takes nothing meanwhile, and sends nothing of it later', async () => {
    const { dispatch, broker, lost, decoder, beat, sent, events, tally } = await createRemoteRig();
    beat('w1', { decoders: 2 });
    dispatch('a');
    dispatch('b');
    broker.lose();
    expect(lost).toEqual(['a broker-lost', 'b broker-lost']);
    expect([decoder.serving, dispatch('c'), tally.disconnects.value]).toEqual([false, false, 1]);
    broker.find();
    expect(sent()).toHaveLength(2);
    expect(events).toEqual(['group-changed', 'broker-lost', 'broker-found']);
    // Workers that have lost the broker too are given a moment to come back.
    expect([dispatch('c'), decoder.numServing]).toEqual([false, 0]);
    beat('w1');
    expect(dispatch('c')).toBe(true);
  });

  it('gives a batch up at once that is larger than a broker takes which has come back', async () => {
    const { dispatch, broker, lost, decoder, beat, sent } = await createRemoteRig();
    broker.lose();
    broker.maxPayload = 10;
    broker.find();
    beat('w1');
    expect(dispatch('a')).toBe(true);
    expect(lost).toEqual([]);
    await Promise.resolve();
    expect([lost, sent(), decoder.inFlight]).toEqual([['a broker-refused'], [], 0]);
    broker.maxPayload = 2 ** 20;
    expect(dispatch('b')).toBe(true);
    expect(sent()).toEqual([group]);
  });

  it('counts messages that are none and waits on', async () => {
    const { dispatch, reply, answer, tally, decoded, broker } = await createRemoteRig();
    dispatch('a');
    reply(0, Uint8Array.of(9, 9));
    reply(0, answer(2));
    broker.deliver('csi.beat.x', Uint8Array.of(1));
    expect([tally.invalid.value, decoded.length]).toEqual([3, 0]);
    reply(0, answer(1));
    expect(decoded).toHaveLength(1);
  });

  it('loads only what a worker has', async () => {
    const { decoder, beat } = await createRemoteRig();
    const next = { key: 'next@1', sizes: { maxRecordBytes: 1, maxEntries: 1 } } as Parameters<typeof decoder.load>[0];
    await expect(decoder.load(next)).rejects.toThrow('no decode worker has next@1; load it on a worker first');
    beat('w1', { models: ['next@1'] });
    await decoder.load(next);
  });
});
