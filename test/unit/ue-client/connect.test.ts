import { CsiError } from '@edge-csi/csi';
import { rejectOf, WireError } from '@edge-csi/proto';
import { connectUe } from '@edge-csi/ue-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFor } from './fake-bs.ts';
import { Rig } from './rig.ts';
import { type TinyModel, tinyModel } from './tiny-model.ts';

let rig: Rig;
let other: TinyModel;
beforeEach(async () => {
  other = await tinyModel('tiny-b', 9);
  rig = await Rig.start(other);
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Connects with a BS that answers the Hello as told, and returns the error. */
async function failure(answer: Parameters<typeof answerWith>[0], change = {}): Promise<unknown> {
  const connecting = connectUe({ ...rig.options, ...change }).then(
    () => new Error('connected'),
    (error: unknown) => error,
  );
  await answerWith(answer);
  return connecting;
}

async function answerWith(answer: (link: Awaited<ReturnType<typeof rig.bs.connections.take>>) => void): Promise<void> {
  answer(await rig.bs.connections.take());
}

describe('connectUe', () => {
  it('greets with what it is and holds, and takes the configuration of the Welcome', async () => {
    const { ue, link } = await rig.connect({ token: 'secret' });
    const { manifest, sha256 } = rig.model.bundle;
    const models = [{ id: manifest.id, sha256 }];
    expect(link.hello).toEqual({ ueId: 'ue-1', protocol: 1, models, token: 'secret', remembers: true });
    expect(link.socket.protocol).toBe('edge-csi.v1');
    expect(link.socket.extensions).toBe('');
    expect(ue.state).toBe('ready');
    expect(ue.config).toEqual(configFor(rig.model));
    expect(await rig.states.take()).toBe('connecting');
    expect(await rig.states.take()).toBe('ready');
    expect(rig.bs.requests).toEqual([]);
    expect(rig.encoders.map((encoder) => encoder.calls)).toEqual([2]);
  });

  it('takes an option that is undefined as not given', async () => {
    const reconnect = { ...rig.options.reconnect, maxDelayMs: undefined };
    const { link } = await rig.connect({ token: undefined, maxWaiting: undefined, reconnect } as never);
    expect(link.hello.token).toBe('');
  });

  it('fetches a model it does not hold, manifest, encoder and allocation', async () => {
    const connecting = connectUe(rig.options);
    await answerWith((link) => link.send('welcome', { epoch: 1, config: configFor(other) }));
    const ue = await connecting;
    expect(rig.bs.requests.sort()).toEqual(
      ['allocation.bin', 'encoder.onnx', 'manifest.json'].map((name) => `/models/tiny-b/${name}`),
    );
    expect(rig.encoders.map((encoder) => encoder.modelId)).toEqual(['tiny-b']);
    await ue.close();
  });

  it('refuses what the BS delivers where it is neither its own model nor what the BS names, and says so', async () => {
    const link = rig.bs.connections.take();
    const model = { id: 'tiny-a', sha256: new Uint8Array(32) };
    const connecting = connectUe(rig.options).catch((error: unknown) => error);
    (await link).send('welcome', { epoch: 1, config: configFor(rig.model, { model }) });
    expect(await connecting).toBeInstanceOf(CsiError);
    expect(await connecting).toMatchObject({
      code: 'model-mismatch',
      message: expect.stringContaining('tiny-a (00000000...)'),
    });
    expect(await (await link).closed.take()).toMatchObject({ code: 4404, reason: expect.stringContaining('tiny-a') });
    expect(rig.bs.accepted).toBe(1);
  });

  it('runs onnxruntime-web where it is given no other encoder', async () => {
    const { encoder, ...options } = rig.options;
    const connecting = connectUe(options).catch((error: unknown) => error);
    await answerWith((link) => link.send('welcome', { epoch: 1, config: configFor(rig.model) }));
    // Its encoder.onnx is no graph.
    expect(await connecting).toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('tiny-a/encoder.onnx is not an ONNX file'),
    });
    expect(encoder).toBeDefined();
  });

  it('refuses a fetched model whose hash is not the one the BS named', async () => {
    const model = { id: 'tiny-b', sha256: rig.model.bundle.sha256 };
    const error = await failure((link) => link.send('welcome', { epoch: 1, config: configFor(other, { model }) }));
    expect(error).toMatchObject({ name: 'CsiError', code: 'model-mismatch' });
  });

  it.each([
    ['model-invalid', 'a damaged encoder', () => rig.bs.serve('/models/tiny-b/encoder.onnx', new Uint8Array(16))],
    [
      'model-invalid',
      'more bytes than announced',
      () => rig.bs.serve('/models/tiny-b/encoder.onnx', new Uint8Array(1e5)),
    ],
    [
      'model-invalid',
      'a manifest that is no JSON',
      () => rig.bs.serve('/models/tiny-b/manifest.json', Buffer.from('<html>')),
    ],
    [
      'model-unknown',
      'no such path',
      (config: { modelUrl: string }) => Object.assign(config, { modelUrl: '/models/none' }),
    ],
  ])('ends with %s where the BS serves %s', async (code, _what, spoil) => {
    const config = configFor(other);
    spoil(config);
    const error = await failure((link) => link.send('welcome', { epoch: 1, config }), {
      reconnect: { waitOnFirstConnect: true, minDelayMs: 1, maxDelayMs: 1 },
    });
    expect(error).toMatchObject({ code });
    expect(rig.bs.accepted).toBe(1);
  });

  it('takes a rejected token as final', async () => {
    const reject = rejectOf(new WireError('unauthorized', 'token expected'));
    const error = await failure((link) => link.send('reject', reject), { reconnect: { waitOnFirstConnect: true } });
    expect(error).toBeInstanceOf(WireError);
    expect(error).toMatchObject({ code: 'unauthorized', message: 'token expected', retryable: false });
    expect(rig.bs.accepted).toBe(1);
    expect([await rig.states.take(), await rig.states.take()]).toEqual(['connecting', 'closed']);
  });

  it('tries again after a retryable refusal, where told to wait', async () => {
    const reconnect = { waitOnFirstConnect: true, minDelayMs: 1, maxDelayMs: 2 };
    const connecting = connectUe({ ...rig.options, reconnect });
    await answerWith((link) => link.socket.close(4429, 'busy'));
    await answerWith((link) => link.send('reject', rejectOf(new WireError('shutting-down', ''))));
    await answerWith((link) => link.send('welcome', { epoch: 3, config: configFor(rig.model) }));
    const ue = await connecting;
    expect(ue.state).toBe('ready');
    await ue.close();
  });

  it('rejects at once where not', async () => {
    expect(await failure((link) => link.socket.close(4429, 'busy'))).toMatchObject({
      code: 'overload',
      retryable: true,
    });
  });

  it('rejects with connection-lost where nobody listens', async () => {
    const { options } = rig;
    await rig.bs[Symbol.asyncDispose]();
    await expect(connectUe(options)).rejects.toMatchObject({
      code: 'connection-lost',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    rig = await Rig.start();
  });

  it('times out on a BS that never answers', async () => {
    const error = await failure(() => undefined, { handshakeTimeoutMs: 20 });
    expect(error).toMatchObject({ code: 'timeout', retryable: true });
  });

  it.each([
    ['no frame', (socket: { send(data: unknown): void }) => socket.send(Buffer.from([1, 2, 3]))],
    ['a text message', (socket: { send(data: unknown): void }) => socket.send('welcome')],
  ])('closes with 4400 on %s', async (_what, misbehave) => {
    const taken = rig.bs.connections.take();
    const connecting = connectUe(rig.options).catch((error: unknown) => error);
    misbehave((await taken).socket as never);
    expect(await connecting).toMatchObject({ code: 'bad-frame' });
    expect((await (await taken).closed.take()).code).toBe(4400);
  });

  it('refuses frames that are not for a UE, before and after the Welcome', async () => {
    expect(await failure((link) => link.ack(1))).toMatchObject({
      code: 'bad-frame',
      message: 'ack: expected a welcome',
    });
    const { ue, link } = await rig.connect();
    link.send('welcome', { epoch: 2, config: configFor(rig.model) });
    expect(await ue.closed).toMatchObject({ code: 'bad-frame', message: 'welcome: not for a UE in session' });
  });

  it('follows a Reconfigure that comes right behind the Welcome', async () => {
    const connecting = connectUe(rig.options);
    await answerWith((link) => {
      link.send('welcome', { epoch: 1, config: configFor(other) });
      link.send('reconfigure', { config: configFor(rig.model, { revision: 2, phaseTheta: 77 }) });
    });
    const ue = await connecting;
    expect(ue.config).toMatchObject({ revision: 2, phaseTheta: 77, model: { id: 'tiny-a' } });
    expect(rig.encoders.filter((encoder) => !encoder.isClosed).map((encoder) => encoder.modelId)).toEqual(['tiny-a']);
    await ue.close();
  });

  it.each([
    ['url', { url: 'http://127.0.0.1:1' }, TypeError],
    ['maxUnacknowledged', { maxUnacknowledged: 0 }, RangeError],
    ['maxWaiting', { maxWaiting: 1.5 }, RangeError],
    ['warmUpRuns', { warmUpRuns: -1 }, RangeError],
    ['handshakeTimeoutMs', { handshakeTimeoutMs: Number.NaN }, RangeError],
    ['ackTimeoutMs', { ackTimeoutMs: Number.POSITIVE_INFINITY }, RangeError],
    ['closeTimeoutMs', { closeTimeoutMs: '5' as never }, RangeError],
    ['maxDelayMs', { reconnect: { maxDelayMs: Number.POSITIVE_INFINITY } }, RangeError],
    ['minDelayMs', { reconnect: { minDelayMs: 0 } }, RangeError],
    ['maxDelayMs', { reconnect: { minDelayMs: 5, maxDelayMs: 4 } }, RangeError],
    ['ueId', { ueId: 'not an id' }, RangeError],
  ])('names a %s that makes no sense', async (name, change, type) => {
    const error = await connectUe({ ...rig.options, ...change }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toContain(name);
    expect(rig.bs.accepted).toBe(0);
  });
});

describe('connectUe with a signal', () => {
  const reason = new Error('changed my mind');

  it('rejects with its reason and leaves no connection, when aborted before', async () => {
    await expect(connectUe({ ...rig.options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(rig.bs.accepted).toBe(0);
  });

  it('when aborted before the Welcome', async () => {
    const controller = new AbortController();
    const connecting = connectUe({ ...rig.options, signal: controller.signal });
    const link = await rig.bs.connections.take();
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    await link.closed.take();
  });

  it('when aborted while the model is being fetched', async () => {
    const controller = new AbortController();
    rig.bs.gate = new Promise(() => undefined);
    const connecting = connectUe({ ...rig.options, signal: controller.signal });
    const link = await rig.bs.connections.take();
    link.send('welcome', { epoch: 1, config: configFor(other) });
    await expect.poll(() => rig.bs.requests.length).toBe(1);
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    await link.closed.take();
    expect(rig.encoders).toEqual([]);
  });

  it('when aborted between attempts', async () => {
    const controller = new AbortController();
    const reconnect = { waitOnFirstConnect: true, minDelayMs: 1e6, maxDelayMs: 1e6, random: () => 0.9 };
    const connecting = connectUe({ ...rig.options, reconnect, signal: controller.signal });
    await answerWith((link) => link.socket.close(4429));
    await rig.states.take();
    expect(await rig.states.take()).toBe('reconnecting');
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it('does nothing any more once connected', async () => {
    const controller = new AbortController();
    const { ue, link } = await rig.connect({ signal: controller.signal });
    controller.abort(reason);
    link.send('reconfigure', { config: configFor(rig.model, { revision: 2 }) });
    await rig.adopted.take();
    expect(ue.state).toBe('ready');
  });
});
