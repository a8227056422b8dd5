import { type CsiReport, paths } from '@edge-csi/proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection, until, uplinkFrame } from '../bs-server-harness.ts';
import { Arena } from './arena.ts';

let arena: Arena;

beforeEach(async () => {
  arena = await Arena.open();
});
afterEach(() => arena.close());

describe('a BS server', () => {
  it.each<[string, () => Partial<CsiReport>, string]>([
    [
      'a codeword of the wrong length',
      () => ({ codeword: new Uint8Array(arena.sample.codeword.length + 1) }),
      'invalid/size',
    ],
    ['a phase of another length than payloadBits says', () => ({ phase: new Uint8Array(500) }), 'invalid/size'],
    [
      'a phase of another length than its codeword gives',
      () => ({ phase: Uint8Array.of(...arena.sample.phase, 0), payloadBits: arena.sample.payloadBits + 8 }),
      'invalid/phase',
    ],
    ['another epoch', () => ({ epoch: 4_000_000_000 }), 'invalid/epoch'],
    ['a revision that was never told', () => ({ revision: 2 }), 'invalid/revision'],
    ['a model that was not asked for', () => ({ modelId: 'no-such-model' }), 'invalid/model'],
  ])('refuses a report with %s by its seq and keeps the connection', async (_name, change, reason) => {
    const ue = await arena.join('ue-1');
    const { seq } = ue.report(arena.sample, change());
    expect(await ue.connection.next('reject')).toMatchObject({ code: 'report-invalid', seq, retryable: false });
    expect(await ue.outcomeOf(seq)).toBe('invalid');
    expect(arena.server.stats()).toMatchObject({ invalid: 1, reasons: { [reason]: 1 } });
    expect(await ue.outcomeOf(ue.report(arena.sample).seq)).toBe('decoded');
  });

  it('refuses a report that is replayed, reordered or from before a reconnect', async () => {
    const ue = await arena.join('ue-1');
    const refused = async (change: Partial<CsiReport>) => {
      const { seq } = ue.report(arena.sample, change);
      expect(await ue.connection.next('reject')).toMatchObject({ code: 'report-invalid', seq });
    };
    const first = ue.report(arena.sample, { seq: 10 });
    expect(await ue.outcomeOf(first.seq)).toBe('decoded');
    await refused(first);
    await refused({ seq: 9 });
    ue.connection.socket.close();
    await ue.connection.closed;
    await until('the end of the connection', () => arena.server.stats().connections.ues === 1);

    const again = await arena.join('ue-1');
    expect(again.epoch).not.toBe(ue.epoch);
    // As it was recorded in the session before.
    again.report(arena.sample, first);
    expect(await again.connection.next('reject')).toMatchObject({ code: 'report-invalid', seq: first.seq });
    again.report(arena.sample, { ...first, seq: 11 });
    expect(await again.connection.next('reject')).toMatchObject({ code: 'report-invalid', seq: 11 });
    const next = again.report(arena.sample, { seq: 1 });
    expect(await again.outcomeOf(next.seq)).toBe('decoded');
    expect(arena.server.stats()).toMatchObject({ invalid: 4, reasons: { 'invalid/seq': 2, 'invalid/epoch': 2 } });
  });

  it('starts every run with other epochs, so that a recorded session is of no use to the next', async () => {
    const { epoch } = await arena.join('ue-1');
    await arena.close();
    arena = await Arena.open();
    // Two runs agree by chance once in 2^31.
    expect((await arena.join('ue-1')).epoch).not.toBe(epoch);
  });

  it('decodes reports of a UE whose clock is absurd, and nothing of it touches another', async () => {
    const subscriber = await Connection.open(arena.server.url, paths.estimates);
    const ue = await arena.join('ue-1');
    const claims = [
      { processingUs: 2 ** 32 - 1, slot: 2 ** 32 - 1 },
      { processingUs: 0, slot: 0 },
      { processingUs: 2 ** 31, slot: 2 ** 31 },
    ];
    for (const claim of claims) expect(await ue.outcomeOf(ue.report(arena.sample, claim).seq)).toBe('decoded');
    for (const { processingUs } of claims) {
      const { ageMs, queueMs, decodeMs } = await subscriber.next('estimate');
      expect(ageMs).toBeGreaterThanOrEqual(processingUs / 1000 + decodeMs);
      expect(queueMs).toBeLessThan(10_000);
    }
    await arena.during(Promise.resolve());
    const { ueId, ageMs } = await subscriber.next('estimate');
    expect(ueId).toBe('healthy');
    expect(ageMs).toBeLessThan(10_000);
  });

  it('refuses uplink CSI that cannot be used and keeps the feed', async () => {
    const { model, sample, server } = arena;
    const phy = await Connection.open(server.url, paths.phy);
    const notFinite = sample.uplink.map((value, k) => (k === 5 ? Number.NaN : value));
    const { numAntennas, numDelays } = model.manifest.csi;
    const values = new Uint8Array(notFinite.buffer);
    const shape = { numAntennas, numDelays, domain: 'angular-delay', encoding: 'float32' } as const;
    phy.sendFrame('uplink', { ueId: 'ue-1', slot: 1, csi: { ...shape, values } });
    const nan = await phy.next('reject');
    expect(nan).toMatchObject({ code: 'uplink-invalid', message: expect.stringContaining('NaN at value 5') });
    phy.sendFrame('uplink', {
      ueId: 'ue-1',
      slot: 1,
      csi: { ...shape, numDelays: 1, values: values.slice(0, 8 * numAntennas) },
    });
    const shapeless = await phy.next('reject');
    expect(shapeless).toMatchObject({ code: 'uplink-invalid', message: expect.stringContaining(`${numAntennas} x 1`) });

    phy.send(uplinkFrame(model, 'ue-1', 1, sample.uplink));
    await until('the uplink', () => server.stats().uplinks.received === 3);
    expect(server.stats().uplinks).toMatchObject({ received: 3, invalid: 2 });
    const ue = await arena.join('ue-1');
    await ue.outcomeOf(ue.report(sample).seq);
    expect(server.stats().qualities).toMatchObject({ fresh: 1 });
  });

  it('forgets a UE whose connection breaks with a report under way', async () => {
    const ue = await arena.join('ue-1');
    ue.report(arena.sample);
    ue.connection.socket.terminate();
    await until('the end of the connection', () => arena.server.stats().connections.ues === 1);
    await until('the report', () => arena.server.stats().inFlight === 0);
    await arena.join('ue-1');
  });
});
