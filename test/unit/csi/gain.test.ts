import { createRandom, createSynthesizer, frobeniusNorm } from '@edge-csi/csi';
import { type CsiSourceOptions, type NpyArray, openCsiSource, readPathList, writeNpz } from '@edge-csi/csi/files';
import { beforeAll, describe, expect, it } from 'vitest';
import { bandOf, fixturePath, scenarios } from './golden.ts';
import { temporaryPath } from './temporary.ts';

const [indoor] = scenarios;
const numSamples = 8;
const link: CsiSourceOptions = {
  numAntennas: 32,
  numDelays: 32,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: indoor.downlinkCarrierHz,
  uplinkCarrierHz: indoor.uplinkCarrierHz,
  timing: 'absolute',
};

let channels: readonly Float32Array[];

beforeAll(async () => {
  const paths = await readPathList(fixturePath('paths-indoor.npz'));
  const synthesize = createSynthesizer(bandOf(indoor, 'downlink'), link, 'absolute');
  channels = Array.from({ length: numSamples }, (_, i) => synthesize(paths, i).values);
});

/** Parts, real half first, each sample times its factor. */
function parts(factorOf: (sample: number) => number): NpyArray {
  const data = new Float32Array(numSamples * 2048);
  for (const [i, values] of channels.entries()) {
    data.set(
      values.map((value) => factorOf(i) * value),
      i * 2048,
    );
  }
  return { dtype: 'float32', shape: [numSamples, 2048], data };
}

const ue = { dtype: 'int16', shape: [numSamples], data: Int16Array.of(4, 4, 4, 4, 9, 9, 9, 9) } as const;

async function open(arrays: Readonly<Record<string, NpyArray>>, options: Partial<CsiSourceOptions> = {}) {
  const path = await temporaryPath('scaled.npz');
  await writeNpz(path, arrays);
  return openCsiSource(path, { ...link, ...options });
}

const normOf = (values: Float32Array | undefined) => frobeniusNorm(values as Float32Array);

describe('the scale of CSI', () => {
  it('is a factor where one is given, in both bands', async () => {
    const source = await open({ downlink: parts(() => 1), uplink: parts(() => 2) }, { scale: 4 });
    expect(source.downlink(3).values).toEqual((channels[3] as Float32Array).map((value) => 4 * value));
    expect(normOf(source.uplink(3)?.values) / normOf(source.downlink(3).values)).toBeCloseTo(2, 5);
    expect(source.notes).toEqual([]);
  });

  it('is one norm for every sample, in each band, where that is asked for', async () => {
    const source = await open({ downlink: parts((i) => 10 ** i), uplink: parts(() => 1e-6) }, { scale: 'unit' });
    for (const index of [0, 7]) {
      expect(normOf(source.downlink(index).values)).toBeCloseTo(1, 5);
      expect(normOf(source.uplink(index)?.values)).toBeCloseTo(1, 5);
    }
  });

  it('leaves the samples of one UE their levels among each other', async () => {
    const source = await open({ downlink: parts((i) => (i === 1 ? 2e-6 : i < 4 ? 1e-6 : 1)), ue }, { scale: 'unit' });
    const ratio = normOf(source.downlink(1).values) / normOf(source.downlink(0).values);
    expect(ratio).toBeCloseTo((2 * normOf(channels[1])) / normOf(channels[0]), 4);
    for (const first of [0, 4]) {
      const powers = [0, 1, 2, 3].map((i) => normOf(source.downlink(first + i).values) ** 2);
      expect(powers.reduce((sum, power) => sum + power, 0) / 4).toBeCloseTo(1, 5);
    }
  });

  it('is found where a norm is beyond what a model can report, and said in one line', async () => {
    const normRangeDb = [-60, 35] as const;
    const lossy = await open({ downlink: parts((i) => 10 ** (-4 - i / 4)) }, { normRangeDb });
    expect(normOf(lossy.downlink(5).values)).toBeCloseTo(1, 5);
    expect(lossy.notes).toEqual([
      expect.stringMatching(
        /^norms are -\d+\.\d to -\d+\.\d dB: the CSI of each sample is scaled to norm 1, .* \(--scale\)/,
      ),
    ]);
    const usual = await open({ downlink: parts(() => 1) }, { normRangeDb });
    expect(usual.downlink(5).values).toEqual(channels[5]);
    expect(usual.notes).toEqual([]);
  });

  it('is found of path lists, by the powers of their paths', async () => {
    const source = await openCsiSource(fixturePath('paths-indoor.npz'), { ...link, normRangeDb: [60, 90] });
    expect(normOf(source.downlink(2).values)).toBeCloseTo(1, 5);
    expect(source.notes).toHaveLength(1);
  });

  it('does not look at samples that are no numbers', async () => {
    const array = parts(() => 1);
    (array.data as Float32Array).fill(Number.NaN, 0, 2048);
    const source = await open({ downlink: array }, { normRangeDb: [-60, 35] });
    expect(source.notes).toEqual([]);
    expect(source.downlink(1).values).toEqual(channels[1]);
  });
});

describe('what else files of others have', () => {
  it('is a column for the users of several receive antennas', async () => {
    const random = createRandom(1);
    const wide = { dtype: 'complex64', shape: [2, 3, 32, 40], data: new Float32Array(2 * 2 * 3 * 32 * 40) } as const;
    for (let i = 0; i < wide.data.length; i++) wide.data[i] = random.gaussian();
    const environment = { dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(5, 6) } as const;
    const source = await open({ channel: wide, environment }, { layout: 'spatial-frequency' });
    expect(source.numSamples).toBe(6);
    expect([...(source.columns.environment ?? [])]).toEqual([5, 5, 5, 6, 6, 6]);
  });

  it('is parts as integers, signed or around the middle of their range', async () => {
    const peak = Math.max(
      ...channels.map((values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
    );
    const { data } = parts(() => 1);
    const signed = Int16Array.from(data as Float32Array, (value) => Math.round((32_000 * value) / peak));
    const raw = await open({ iq: { dtype: 'int16', shape: [8, 2, 32, 32], data: signed } });
    expect(raw.downlink(2).values[33]).toBe(signed[2 * 2048 + 33]);
    const bytes = Uint8Array.from(data as Float32Array, (value) => Math.round(128 + (127 * value) / peak));
    const around = await open({ iq: { dtype: 'uint8', shape: [8, 2, 32, 32], data: bytes } });
    expect(around.notes[0]).toMatch(/^downlink: read as unsigned integers, zero at 12[78]/);
  });

  it('is delays where antennas are expected: refused with the call that exchanges them', async () => {
    const data = new Float32Array(2 * 8 * 1024);
    for (const [n, values] of channels.entries()) {
      for (let entry = 0; entry < 1024; entry++) {
        const to = 2 * (n * 1024 + (entry % 32) * 32 + Math.floor(entry / 32));
        data.set([values[entry] as number, values[1024 + entry] as number], to);
      }
    }
    const swapped = { H: { dtype: 'complex64', shape: [8, 32, 32], data } as const };
    await expect(open(swapped)).rejects.toThrow('numpy.swapaxes(x, -1, -2)');
    expect((await open(swapped, { layout: 'angular-delay' })).numSamples).toBe(8);
  });

  it.each([
    ['angles and subcarriers', -1],
    ['antennas and delays', -2],
  ])('is over %s: refused with the transform that is missing', async (over, axis) => {
    const data = new Float32Array(2 * 8 * 1024);
    for (const [n, values] of channels.entries()) {
      for (let a = 0; a < 32; a++) {
        for (let k = 0; k < 32; k++) {
          let [re, im] = [0, 0];
          for (let i = 0; i < 32; i++) {
            const entry = axis === -1 ? a * 32 + i : i * 32 + k;
            const phase = (-2 * Math.PI * i * (axis === -1 ? k : a)) / 32;
            const [x, y] = [values[entry] as number, values[1024 + entry] as number];
            re += x * Math.cos(phase) - y * Math.sin(phase);
            im += x * Math.sin(phase) + y * Math.cos(phase);
          }
          data.set([re, im], 2 * (n * 1024 + a * 32 + k));
        }
      }
    }
    const half = { H: { dtype: 'complex64', shape: [8, 32, 32], data } as const };
    await expect(open(half)).rejects.toThrow(`over ${over}: transform it, numpy.fft.ifft(x, axis=${axis}`);
  });

  it.each([
    ['H_dl', 'H_ul'],
    ['Hdown', 'Hup'],
    ['csi_down', 'csi_up'],
    ['ChannelDL', 'ChannelUL'],
  ])('is an uplink whose name goes with the downlink: %s and %s', async (down, up) => {
    const source = await open({ [up]: parts(() => 3), [down]: parts(() => 1) });
    expect(source.downlink(1).values).toEqual(channels[1]);
    expect(source.description.uplink).toContain(up);
  });

  it('is the frequency response of CsiNet, over angles: refused, naming what to take', async () => {
    const flat = { dtype: 'complex64', shape: [8, 4000], data: new Float32Array(2 * 8 * 4000) } as const;
    await expect(open({ HF_all: flat })).rejects.toThrow('take the file with HT');
  });
});
