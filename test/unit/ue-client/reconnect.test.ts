import { rejectOf, WireError } from '@edge-csi/proto';
import { connectUe } from '@edge-csi/ue-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFor } from './fake-bs.ts';
import { Gate } from './gate.ts';
import { Rig } from './rig.ts';
import { tinyCsi, tinyModel } from './tiny-model.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Lets the UE back in. */
async function welcomeBack(epoch: number, change = {}) {
  const link = await rig.bs.connections.take();
  link.send('welcome', { epoch, config: configFor(rig.model, change) });
  return link;
}

describe('a UE that loses its connection', () => {
  it('comes back under the new epoch, numbers from 1 again, and keeps its warm encoder', async () => {
    const { ue, link } = await rig.connect();
    await ue.report(tinyCsi(1), { slot: 1 });
    await ue.report(tinyCsi(2), { slot: 2 });
    link.socket.terminate();
    const again = await welcomeBack(7, { revision: 1, phaseTheta: 900 });
    const sent = await ue.report(tinyCsi(3), { slot: 3 });
    expect(sent).toMatchObject({ epoch: 7, seq: 1, slot: 3 });
    expect(await again.reports.take()).toMatchObject({ epoch: 7, seq: 1, slot: 3, revision: 1 });
    expect(ue.config.phaseTheta).toBe(900);
    expect(again.hello).toEqual(link.hello);
    expect(rig.encoders.length).toBe(1);
    const states = [];
    for (let i = 0; i < 4; i++) states.push(await rig.states.take());
    expect(states).toEqual(['connecting', 'ready', 'reconnecting', 'ready']);
  });

  it('gives up the reports whose answer it can no longer get', async () => {
    const { ue, link } = await rig.connect();
    await ue.report(tinyCsi(1), { slot: 1 });
    const draining = ue.drain();
    link.socket.terminate();
    await draining;
    expect(rig.results).toMatchObject([{ epoch: 1, seq: 1, slot: 1, outcome: 'lost' }]);
    await welcomeBack(2);
  });

  it('keeps the newest report while away', async () => {
    let nowMs = 1_000;
    const { ue, link } = await rig.connect({ clock: { nowMs: () => nowMs } });
    await rig.states.take();
    await rig.states.take();
    link.socket.terminate();
    expect(await rig.states.take()).toBe('reconnecting');
    const reports = [1, 2, 3].map((slot) => ue.report(tinyCsi(slot), { slot }));
    await expect(reports[0]).rejects.toMatchObject({ code: 'superseded', retryable: false });
    await expect(reports[1]).rejects.toMatchObject({ code: 'superseded' });
    nowMs += 250;
    const again = await welcomeBack(2);
    await expect(reports[2]).resolves.toMatchObject({ epoch: 2, seq: 1, slot: 3, encodeMs: 0 });
    // The wait counts: the BS dates the channel by it.
    expect(await again.reports.take()).toMatchObject({ slot: 3, processingUs: 250_000 });
  });

  it('encodes a report again that was in the making, under the new terms', async () => {
    const { ue, link } = await rig.connect();
    const [encoder] = rig.encoders;
    if (encoder === undefined) throw new Error('no encoder');
    const gate = new Gate();
    encoder.gate = gate.opened;
    const report = ue.report(tinyCsi(1), { slot: 1 });
    link.socket.terminate();
    const again = await welcomeBack(2, { codewordTruncation: 2 });
    await expect.poll(() => ue.state).toBe('ready');
    gate.open();
    await expect(report).resolves.toMatchObject({ epoch: 2, seq: 1, payloadBits: { codeword: 18 } });
    expect((await again.reports.take()).codeword.length).toBe(3);
  });

  it('takes up another model where the next session asks for it', async () => {
    const other = await tinyModel('tiny-b', 9);
    await rig[Symbol.asyncDispose]();
    rig = await Rig.start(other);
    const { ue, link } = await rig.connect();
    link.socket.terminate();
    const again = await rig.bs.connections.take();
    again.send('welcome', { epoch: 2, config: configFor(other) });
    await expect(ue.report(tinyCsi(1), { slot: 1 })).resolves.toMatchObject({ modelId: 'tiny-b' });
    expect(rig.encoders.map(({ modelId, isClosed }) => [modelId, isClosed])).toEqual([
      ['tiny-a', true],
      ['tiny-b', false],
    ]);
  });

  it('offers, beside its own model, the one it was told to use', async () => {
    const other = await tinyModel('tiny-b', 9);
    await rig[Symbol.asyncDispose]();
    rig = await Rig.start(other);
    const { link } = await rig.connect();
    link.send('reconfigure', { config: configFor(other, { revision: 2 }) });
    await rig.adopted.take();
    link.socket.terminate();
    const { hello } = await rig.bs.connections.take();
    expect(hello.models.map(({ id }) => id)).toEqual(['tiny-a', 'tiny-b']);
  });

  it('offers no fetched model alone, and uses a fetched one again where the BS names it', async () => {
    const [other, retrained] = await Promise.all([tinyModel('tiny-b', 9), tinyModel('tiny-b', 8)]);
    await rig[Symbol.asyncDispose]();
    rig = await Rig.start(other);
    const { model: _, ...options } = rig.options;
    const connecting = connectUe(options);
    const links = [await rig.bs.connections.take()];
    links[0]?.send('welcome', { epoch: 1, config: configFor(other) });
    const ue = await connecting;
    for (const [i, model] of [other, retrained].entries()) {
      if (model === retrained) {
        const manifest = new TextEncoder().encode(JSON.stringify(model.manifest));
        rig.bs.serve('/models/tiny-b/manifest.json', manifest);
        for (const [name, bytes] of model.files) rig.bs.serve(`/models/tiny-b/${name}`, bytes);
      }
      links[i]?.socket.terminate();
      const link = await rig.bs.connections.take();
      links.push(link);
      link.send('welcome', { epoch: i + 2, config: configFor(model) });
      await expect(ue.report(tinyCsi(i), { slot: i })).resolves.toMatchObject({ epoch: i + 2, modelId: 'tiny-b' });
      expect(rig.encoders.length).toBe(i + 1);
    }
    expect(links.map(({ hello }) => hello.models)).toEqual([[], [], []]);
    await ue.close();
  });

  it('tries on through failures that can pass, waiting a drawn time before each attempt', async () => {
    const drawn: number[] = [];
    const random = () => {
      drawn.push(drawn.length);
      return 0.1;
    };
    const { ue, link } = await rig.connect({ reconnect: { minDelayMs: 1, maxDelayMs: 8, random } });
    link.socket.terminate();
    (await rig.bs.connections.take()).socket.close(4429);
    (await rig.bs.connections.take()).send('reject', rejectOf(new WireError('shutting-down', 'soon')));
    (await rig.bs.connections.take()).socket.terminate();
    await welcomeBack(9);
    await expect.poll(() => ue.state).toBe('ready');
    expect(drawn.length).toBe(4);
  });

  it('waits as little as at first once a report was answered', async () => {
    let factor = 0;
    // Without starting over the thirteenth wait could take 4 s, longer than a test waits for anything.
    const { ue, link } = await rig.connect({ reconnect: { minDelayMs: 1, maxDelayMs: 1e6, random: () => factor } });
    link.socket.terminate();
    for (let i = 0; i < 11; i++) (await rig.bs.connections.take()).socket.terminate();
    const again = await welcomeBack(2);
    await ue.report(tinyCsi(1), { slot: 1 });
    again.ack(1);
    await ue.drain();
    factor = 0.999;
    again.socket.terminate();
    await welcomeBack(3);
  });

  it('ends where the BS says it must not come back', async () => {
    const { ue, link } = await rig.connect();
    await ue.report(tinyCsi(1), { slot: 1 });
    const draining = ue.drain();
    const outcome = draining.catch((error: unknown) => error);
    link.send('reject', rejectOf(new WireError('duplicate-ue', 'ue-1 is here')));
    expect(await ue.closed).toMatchObject({ name: 'WireError', code: 'duplicate-ue', message: 'ue-1 is here' });
    expect(ue.state).toBe('closed');
    await outcome;
    await expect(ue.report(tinyCsi(2), { slot: 2 })).rejects.toMatchObject({ code: 'duplicate-ue' });
    await expect(ue.drain()).rejects.toMatchObject({ code: 'duplicate-ue' });
    expect(rig.encoders.map((encoder) => encoder.isClosed)).toEqual([true]);
    expect(rig.bs.accepted).toBe(1);
    await ue.close();
  });

  it('ends while away, and rejects the report that waits', async () => {
    const { ue, link } = await rig.connect();
    link.socket.terminate();
    const answer = await rig.bs.connections.take();
    const waiting = ue.report(tinyCsi(1), { slot: 1 });
    answer.send('reject', rejectOf(new WireError('unauthorized', 'token revoked')));
    await expect(waiting).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await ue.closed).toMatchObject({ code: 'unauthorized' });
  });

  it('can be closed while a source of tokens keeps it waiting, and so can the first attempt', async () => {
    const never = new Promise<string>(() => undefined);
    const asked = new Gate();
    let attempts = 0;
    const { ue, link } = await rig.connect({
      token: () => {
        if (++attempts === 1) return Promise.resolve('first');
        asked.open();
        return never;
      },
    });
    link.socket.terminate();
    await asked.opened;
    await ue.close();
    expect(await ue.closed).toBeUndefined();

    const abort = new AbortController();
    const first = connectUe({ url: 'ws://127.0.0.1:1', ueId: 'ue-1', token: () => never, signal: abort.signal });
    abort.abort(new Error('changed my mind'));
    await expect(first).rejects.toThrow('changed my mind');
  });

  it('asks a source of tokens before every attempt, and once more where the session ended for its token', async () => {
    const tokens = ['first', 'second', 'third'];
    const { ue, link } = await rig.connect({ token: async () => tokens.shift() ?? 'none' });
    expect(link.hello.token).toBe('first');
    link.socket.terminate();
    const second = await welcomeBack(2);
    expect(second.hello.token).toBe('second');
    await expect.poll(() => ue.state).toBe('ready');
    second.send('reject', rejectOf(new WireError('unauthorized', 'the token has expired')));
    const third = await rig.bs.connections.take();
    expect(third.hello.token).toBe('third');
    third.send('reject', rejectOf(new WireError('unauthorized', 'the token is not valid')));
    expect(await ue.closed).toMatchObject({ code: 'unauthorized', message: 'the token is not valid' });
  });

  it('ends where its source of tokens fails', async () => {
    const sources = [() => 'first', () => Promise.reject(new Error('no token today'))];
    const { ue, link } = await rig.connect({ token: () => (sources.shift() as () => string)() });
    link.socket.terminate();
    expect(await ue.closed).toMatchObject({ message: 'no token today' });
  });

  it('can be closed while away', async () => {
    const { ue, link } = await rig.connect({ reconnect: { minDelayMs: 1e6, maxDelayMs: 1e6, random: () => 0.9 } });
    link.socket.terminate();
    await expect.poll(() => ue.state).toBe('reconnecting');
    const waiting = ue.report(tinyCsi(1), { slot: 1 });
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await ue.close();
    await rejected;
    expect(await ue.closed).toBeUndefined();
    expect(rig.bs.accepted).toBe(1);
  });

  it('can be closed while greeting again', async () => {
    const { ue, link } = await rig.connect();
    link.socket.terminate();
    const again = await rig.bs.connections.take();
    await ue.close();
    await again.closed.take();
    expect(ue.state).toBe('closed');
  });

  it('does not believe a BS that is silent for ever', async () => {
    const { ue, link } = await rig.connect({ ackTimeoutMs: 15 });
    await ue.report(tinyCsi(1), { slot: 1 });
    link.ack(1);
    await ue.drain();
    await ue.report(tinyCsi(2), { slot: 2 });
    const again = await welcomeBack(2);
    await expect(ue.report(tinyCsi(3), { slot: 3 })).resolves.toMatchObject({ epoch: 2 });
    again.ack(1);
    expect(rig.results).toMatchObject([{ outcome: 'decoded' }, { epoch: 1, seq: 2, outcome: 'lost' }]);
  });
});
