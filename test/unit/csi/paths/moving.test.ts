import {
  type AngularDelayCsi,
  createBsCodec,
  createRandom,
  createUeCodec,
  pathCodecSpec,
  pathsAfter,
} from '@edge-csi/csi';
import { createMovingPathCodec, createPathCodec, pickEarlier } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { addNoise, channelOf, drawPaths, energyOf, refusal } from './channel.ts';

const antennas = 16;
const band = { numDelays: 16, numSubcarriers: 256 };
const spec = pathCodecSpec({ antennas, ...band, measurements: 4 });
const codec = createMovingPathCodec(spec);
const still = createPathCodec(pathCodecSpec({ antennas, ...band }));
const spacingSlots = 10;
const rate = { mode: 'cap', maxBits: 300, noiseVariance: 0 } as const;

/** A channel of a few paths, each at its own shift, at any slot. */
function movingChannel(seed: number, mostCyclesPerSlot: number): (slot: number) => AngularDelayCsi {
  const random = createRandom(seed);
  const paths = drawPaths(still, seed, 4).map((path) => ({
    path,
    cycles: mostCyclesPerSlot * (2 * random.uniform() - 1),
  }));
  return (slot) =>
    channelOf(
      still,
      paths.map(({ path, cycles }) => {
        const turnRad = 2 * Math.PI * cycles * slot;
        const [cos, sin] = [Math.cos(turnRad), Math.sin(turnRad)];
        const { gainRe, gainIm } = path;
        return { ...path, gainRe: gainRe * cos - gainIm * sin, gainIm: gainRe * sin + gainIm * cos };
      }),
    );
}

const earlierOf = (channel: (slot: number) => AngularDelayCsi) => ({
  spacingSlots,
  matrices: [-30, -20, -10].map(channel),
});

const errorOf = (truth: AngularDelayCsi, estimate: Float32Array): number =>
  energyOf(estimate.map((value, i) => value - (truth.values[i] as number))) / energyOf(truth.values);

describe('a codec of paths with Doppler shifts', () => {
  it.each([1, 2, 3, 4, 5])('tells how a channel goes on, seed %i', (seed) => {
    const channel = movingChannel(seed, 0.02);
    const { payload, bits } = codec.encode(channel(0), rate, earlierOf(channel));
    expect(bits).toBeLessThanOrEqual(rate.maxBits);
    const { paths, spanSlots } = codec.decodePaths(payload, bits);
    expect(spanSlots).toBe(30);
    const now = new Float32Array(channel(0).values.length);
    codec.decodeInto(now, payload, bits);
    expect(errorOf(channel(0), now)).toBeLessThan(0.01);
    const ahead = new Float32Array(now.length);
    still.reconstructInto(
      ahead,
      paths.map((path) => {
        const turnRad = 2 * Math.PI * path.dopplerCyclesPerSlot * 10;
        const [cos, sin] = [Math.cos(turnRad), Math.sin(turnRad)];
        const { gainRe, gainIm } = path;
        return { ...path, gainRe: gainRe * cos - gainIm * sin, gainIm: gainRe * sin + gainIm * cos };
      }),
    );
    const held = errorOf(channel(10), channel(0).values);
    expect(errorOf(channel(10), ahead)).toBeLessThan(held / 10);
  });

  it('sends a bit more than a codec without them where nothing moves', () => {
    const channel = addNoise(movingChannel(7, 0)(0), 1, 1e-5);
    const matrices = [2, 3, 4].map((seed) => addNoise(movingChannel(7, 0)(0), seed, 1e-5));
    const { payload, bits } = codec.encode(channel, rate, { spacingSlots, matrices });
    const alone = still.encode(channel, { ...rate, maxBits: rate.maxBits - 1 });
    expect(bits).toBe(alone.bits + 1);
    const { paths, spanSlots } = codec.decodePaths(payload, bits);
    expect(spanSlots).toBe(0);
    expect(paths.map(({ dopplerCyclesPerSlot: _, ...path }) => path)).toEqual(still.decodePaths(alone.payload));
  });

  it('decodes no bits but those that an encoder writes', () => {
    const channel = movingChannel(3, 0.02);
    const { payload, bits } = codec.encode(channel(0), rate, earlierOf(channel));
    expect(refusal(() => codec.decodePaths(payload, bits - 8))).toBe('payload-invalid');
    expect(refusal(() => codec.decodePaths(new Uint8Array(0), 0))).toBe('payload-invalid');
    const random = createRandom(5);
    for (let i = 0; i < 300; i++) {
      const noise = Uint8Array.from({ length: 1 + Math.floor(40 * random.uniform()) }, () => 256 * random.uniform());
      expect(['none', 'payload-invalid']).toContain(refusal(() => codec.decodePaths(noise, 8 * noise.length)));
    }
  });

  it('says what is wrong with earlier matrices and with a spec', () => {
    const channel = movingChannel(3, 0.02);
    const { matrices } = earlierOf(channel);
    expect(() => codec.encode(channel(0), rate, { spacingSlots: 7, matrices })).toThrow(
      'spacingSlots is 7, must be one of 1, 2',
    );
    expect(() => codec.encode(channel(0), rate, { spacingSlots, matrices: matrices.slice(1) })).toThrow(
      'earlier has 2 matrices, must have 3 matrices',
    );
    expect(() => pathCodecSpec({ antennas: [4, 4], ...band, measurements: 4 })).toThrow(
      'Doppler shifts are of linear arrays',
    );
    expect(() => pathCodecSpec({ antennas, ...band, measurements: 2 })).toThrow('measurements is 2, must be 3 to 8');
    expect(() => createMovingPathCodec(still.spec)).toThrow('the spec has no Doppler shifts');
    expect(() => createPathCodec(spec)).toThrow('the spec has Doppler shifts');
  });

  it('is a codec as others, whose BS turns paths on', async () => {
    const model = {
      kind: 'paths',
      id: 'moving',
      codec: spec,
      rate: { maxPayloadBits: 300, bitPriceTenthDb: 0 },
    } as const;
    const ue = createUeCodec(model);
    expect(ue.matricesKept).toBe(16);
    const channel = movingChannel(2, 0.02);
    const measured = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90].map((slot) => ({ slot, csi: channel(slot) }));
    const payload = await ue.createEncoder({}).encode(channel(90), {}, { slot: 90, measured });
    const bs = createBsCodec(model);
    const record = bs.receive({ ...payload, payloadBits: payload.payloadBits.total }, {});
    const estimate = new Float32Array(channel(0).values.length);
    const statuses = await bs.createDecoder({}, 1).decode([{ record, uplink: undefined, estimate }]);
    expect(statuses).toEqual(['decoded']);
    expect(errorOf(channel(90), estimate)).toBeLessThan(0.01);
    const paths = bs.paths?.read(record);
    if (paths === undefined) throw new Error('reports of the model are made of paths');
    expect([30, 60, 90]).toContain(paths.spanSlots);
    const span = paths.spanSlots;
    // Fading apart, back to the first of the matrices.
    const before = pathsAfter(paths, -10);
    expect(before.gain.length).toBe(paths.gain.length);
    expect(energyOf(before.gain) / energyOf(paths.gain)).toBeCloseTo((1 / (1 + (10 / (2 * span)) ** 2)) ** 2, 5);
  });
});

describe('the matrices that a report is made of', () => {
  const measured = (channel: (slot: number) => AngularDelayCsi, slots: readonly number[]) =>
    slots.map((slot) => ({ slot, csi: channel(slot) }));
  const every = (step: number) => Array.from({ length: 16 }, (_, i) => i * step);

  it('are the nearest that differ enough, and the widest apart where nothing moves', () => {
    const spacingOf = (mostCyclesPerSlot: number) => {
      const channel = movingChannel(4, mostCyclesPerSlot);
      const slots = every(2);
      return pickEarlier(channel(32), { slot: 32, measured: measured(channel, slots) }, 3)?.spacingSlots;
    };
    expect(spacingOf(0)).toBe(10);
    expect(spacingOf(0.2)).toBe(2);
  });

  it('are none where they are of other channels, as where samples of a file follow one another', () => {
    for (let seed = 10; seed < 30; seed++) {
      const before = [6, 7, 8].map((slot) => ({ slot, csi: movingChannel(seed + 100 * slot, 0)(0) }));
      expect(pickEarlier(movingChannel(seed, 0)(0), { slot: 9, measured: before }, 3)).toBeUndefined();
    }
  });

  it('are none where the UE has not measured regularly, or another shape before', () => {
    const channel = movingChannel(4, 0.01);
    expect(pickEarlier(channel(9), { slot: 9, measured: measured(channel, [0, 5, 7]) }, 3)).toBeUndefined();
    expect(pickEarlier(channel(9), { slot: 9, measured: [] }, 3)).toBeUndefined();
    const other = { ...channel(0), numAntennas: 8, numDelays: 32 };
    const before = [6, 7, 8].map((slot) => ({ slot, csi: other }));
    expect(pickEarlier(channel(9), { slot: 9, measured: before }, 3)).toBeUndefined();
  });
});
