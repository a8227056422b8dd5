import {
  type AngularDelayCsi,
  CsiError,
  coarserRate,
  createBsCodec,
  createRandom,
  createUeCodec,
  type PathsSpec,
  pathCodecSpec,
  type ReceivedPayload,
  squaredErrorRatio,
} from '@edge-csi/csi';
import { createPathCodec } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { channelOf, drawPaths } from './channel.ts';

const codecSpec = pathCodecSpec({ antennas: 16, numDelays: 16, numSubcarriers: 256, maxPaths: 12 });
const spec: PathsSpec = {
  kind: 'paths',
  id: 'paths-16',
  codec: codecSpec,
  rate: { maxPayloadBits: 300, bitPriceTenthDb: 0 },
};
const ue = createUeCodec(spec);
const bs = createBsCodec(spec);
const pathCodec = createPathCodec(codecSpec);
const channel = (seed: number): AngularDelayCsi => channelOf(pathCodec, drawPaths(pathCodec, seed, 4));

async function report(csi: AngularDelayCsi, rate = {}): Promise<ReceivedPayload & { readonly paths: number }> {
  const { payloadBits, ...payload } = await ue.createEncoder({}).encode(csi, rate);
  return { ...payload, payloadBits: payloadBits.total, paths: payloadBits.paths ?? 0 };
}

const estimateOf = () => new Float32Array(2 * 16 * 16);

async function decode(records: readonly Uint8Array[]) {
  const rows = records.map((record) => ({ record, uplink: undefined, estimate: estimateOf() }));
  const statuses = await bs.createDecoder({}, 4).decode(rows);
  return { statuses, estimates: rows.map(({ estimate }) => estimate) };
}

describe('path reports behind the seam', () => {
  it('need no network at either end, and no uplink', () => {
    expect([ue.networks, bs.networks, bs.usesUplink]).toEqual([[], [], false]);
    expect(ue.shape).toEqual({ numAntennas: 16, numDelays: 16 });
    expect(bs).toMatchObject({ kind: 'paths', maxPayloadBytes: 250, maxRecordBytes: 546 });
  });

  it('come back as the channel, each row of a batch its own, whatever memory records have behind them', async () => {
    const channels = [channel(1), channel(2), channel(3)];
    const records: Uint8Array[] = [];
    for (const csi of channels) {
      const record = bs.receive(await report(csi), {});
      const padded = new Uint8Array(bs.maxRecordBytes).fill(0xff);
      padded.set(record);
      records.push(padded);
    }
    const { statuses, estimates } = await decode(records);
    expect(statuses).toEqual(['decoded', 'decoded', 'decoded']);
    for (const [i, csi] of channels.entries()) {
      const values = estimates[i] as Float32Array;
      expect(10 * Math.log10(squaredErrorRatio(csi, { ...csi, values }))).toBeLessThan(-20);
    }
  });

  it('carry all of their bits in the codeword', async () => {
    const { codeword, scale, phase, payloadBits, paths } = await report(channel(1));
    expect(codeword).toHaveLength(Math.ceil(payloadBits / 8));
    expect([scale, phase.length, paths]).toEqual([0, 0, payloadBits]);
  });

  it.each([40, 100, 300])('are never longer than %i bits where that is the cap', async (maxPayloadBits) => {
    for (let seed = 1; seed <= 4; seed++) {
      expect((await report(channel(seed), { maxPayloadBits })).payloadBits).toBeLessThanOrEqual(maxPayloadBits);
    }
  });

  it('are shorter at a higher price of a bit, and held to the cap all the same', async () => {
    const bits = async (bitPriceTenthDb: number, maxPayloadBits = 2000) =>
      (await report(channel(5), { bitPriceTenthDb, maxPayloadBits })).payloadBits;
    expect(await bits(200)).toBeLessThan(await bits(400));
    expect(await bits(600, 80)).toBeLessThanOrEqual(80);
  });

  it('refuse knobs that are out of range', async () => {
    await expect(report(channel(1), { maxPayloadBits: 39 })).rejects.toThrow(
      'maxPayloadBits is 39, must be an integer in 40..2000',
    );
    await expect(report(channel(1), { bitPriceTenthDb: 1001 })).rejects.toThrow(RangeError);
  });

  it('give bits away under overload down to the least cap, a price staying one', () => {
    expect(coarserRate(bs.knobs, { maxPayloadBits: 400, bitPriceTenthDb: 0 }, 2)).toEqual({
      maxPayloadBits: 225,
      bitPriceTenthDb: 0,
    });
    expect(coarserRate(bs.knobs, { maxPayloadBits: 41, bitPriceTenthDb: 60 }, 2)).toEqual({
      maxPayloadBits: 40,
      bitPriceTenthDb: 1,
    });
  });
});

describe('malformed path reports', () => {
  it.each([
    ['a scale', { scale: 1 }, 'scale: 1, must be 0'],
    ['a phase', { phase: Uint8Array.of(1) }, 'phase: 1 bytes, must be empty'],
    ['more bits than bytes', { payloadBits: 299 }, 'codeword: '],
    ['more bits than asked for', { payloadBits: 301 }, 'payloadBits: 301, at most 300'],
  ])('with %s are refused on arrival, by the field', async (_, change, message) => {
    const whole = await report(channel(1), { maxPayloadBits: 120 });
    const receive = () => bs.receive({ ...whole, ...change }, {});
    expect(receive).toThrow(CsiError);
    expect(receive).toThrow(message);
  });

  it('cut short, stretched or flipped are a bad codeword, and leave their neighbours as they are', async () => {
    const whole = await report(channel(1));
    const cut = { ...whole, codeword: whole.codeword.slice(0, -2), payloadBits: whole.payloadBits - 16 };
    const long = new Uint8Array(whole.codeword.length + 2);
    long.set(whole.codeword);
    const rows = [cut, whole, { ...whole, codeword: long, payloadBits: whole.payloadBits + 16 }];
    const { statuses } = await decode(rows.map((row) => bs.receive(row, { maxPayloadBits: 2000 })));
    expect(statuses).toEqual(['codeword', 'decoded', 'codeword']);
  });

  it('of random bytes are decoded or refused, and never fail a batch', async () => {
    const random = createRandom(7);
    const bytesOf = (length: number) => Uint8Array.from({ length }, () => Math.floor(256 * random.uniform()));
    for (let round = 0; round < 100; round++) {
      const codeword = bytesOf(1 + Math.floor(250 * random.uniform()));
      const payload = { codeword, scale: 0, phase: new Uint8Array(0), payloadBits: 8 * codeword.length };
      const { statuses, estimates } = await decode([bs.receive(payload, { maxPayloadBits: 2000 })]);
      expect(['decoded', 'codeword']).toContain(statuses[0]);
      if (statuses[0] === 'decoded') expect(estimates[0]?.every(Number.isFinite)).toBe(true);
    }
  });
});
