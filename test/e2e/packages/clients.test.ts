import { connectPhyFeed, signAccessToken, startBsServer, subscribeEstimates } from '@edge-csi/bs-server';
import type { AngularDelayCsi } from '@edge-csi/csi';
import { listModels } from '@edge-csi/models/disk';
import type { WireError } from '@edge-csi/proto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const uplink = (numAntennas: number): AngularDelayCsi => ({
  domain: 'angular-delay',
  numAntennas,
  numDelays: 32,
  values: new Float32Array(64 * numAntennas).fill(0.1),
});

let server: Awaited<ReturnType<typeof startBsServer>>;
let url: string;
let token: string;
const tokenSecret = 'a secret of at least thirty-two bytes';

beforeEach(async () => {
  const [model] = await listModels();
  server = await startBsServer({ port: 0, models: [model?.id ?? ''], executionProviders: ['cpu'], tokenSecret });
  token = await signAccessToken(tokenSecret, { role: 'phy', ttlSeconds: 60 });
  url = server.url.replace(/^http/, 'ws');
});
afterEach(() => server.close());

function listenerToken(): Promise<string> {
  return signAccessToken(tokenSecret, { role: 'estimates', ttlSeconds: 60 });
}

describe('a PHY feed', () => {
  it('hears which uplink was refused and goes on', async () => {
    const refused: WireError[] = [];
    const phy = await connectPhyFeed({ url, token, onReject: (error) => refused.push(error) });
    phy.send('ue-1', 1, uplink(7));
    phy.send('ue-1', 2, uplink(32));
    await vi.waitFor(() => expect(server.stats().uplinks).toMatchObject({ received: 2, invalid: 1 }));
    await vi.waitFor(() => expect(refused.map((error) => error.code)).toEqual(['uplink-invalid']));
    expect(refused[0]?.message).toMatch(/UE ue-1, slot 1 is 7 x 32, the models take 32 x 32/);
    expect(() => phy.send('ue-1', 3, { ...uplink(32), values: new Float32Array(2048).fill(Number.NaN) })).toThrowError(
      /NaN/,
    );
    await phy.close();
    await phy.close();
    expect(await phy.closed).toBeUndefined();
  });

  it('rejects where its token is wrong, for another role, or missing', async () => {
    const other = await listenerToken();
    await expect(connectPhyFeed({ url, token: `${token.slice(0, -4)}AAAA` })).rejects.toMatchObject({
      name: 'WireError',
      code: 'unauthorized',
      message: expect.stringMatching(
        /upgrade refused: HTTP 401, the token is not valid: it is signed with another secret$/,
      ),
      retryable: false,
    });
    await expect(connectPhyFeed({ url, token: other })).rejects.toThrow('HTTP 401, the token is not for /v1/phy');
    await expect(connectPhyFeed({ url })).rejects.toThrow('HTTP 401, a token is needed');
  });

  it('says why it can send no more once the server has gone', async () => {
    const phy = await connectPhyFeed({ url, token });
    await server.close();
    const reason = await phy.closed;
    expect(reason).toMatchObject({ code: 'shutting-down', retryable: true });
    expect(() => phy.send('ue-1', 1, uplink(32))).toThrow(reason);
    await phy.close();
    expect(() => phy.send('ue-1', 2, uplink(32))).toThrow(reason);
  });

  it('refuses to send once it is closed', async () => {
    const phy = await connectPhyFeed({ url, token });
    const closing = phy.close();
    const send = () => phy.send('ue-1', 1, uplink(32));
    expect(send).toThrow(expect.objectContaining({ name: 'WireError', code: 'closed' }));
    await closing;
    expect(send).toThrow(expect.objectContaining({ name: 'WireError', code: 'closed' }));
  });

  it('takes a base with a trailing slash', async () => {
    const phy = await connectPhyFeed({ url: `${url}/`, token });
    phy.send('ue-1', 1, uplink(32));
    await vi.waitFor(() => expect(server.stats().uplinks).toMatchObject({ received: 1, invalid: 0 }));
    await phy.close();
  });

  it('names a server that is not there', async () => {
    await expect(connectPhyFeed({ url: 'ws://127.0.0.1:9' })).rejects.toThrowError(/127\.0\.0\.1:9/);
  });

  it('gives up connecting when asked to', async () => {
    await expect(connectPhyFeed({ url, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('an estimate subscription', () => {
  it('takes a base with a trailing slash', async () => {
    const subscription = await subscribeEstimates({
      url: `${url}/`,
      token: await listenerToken(),
      onEstimate: () => undefined,
    });
    await subscription.close();
    expect(await subscription.closed).toBeUndefined();
  });

  it('says why it ended when the server closes', async () => {
    const subscription = await subscribeEstimates({ url, token: await listenerToken(), onEstimate: () => undefined });
    await server.close();
    expect(await subscription.closed).toMatchObject({ code: 'shutting-down', retryable: true });
  });
});
