import { createUeCodec } from '@edge-csi/csi';
import { warmUp } from '@edge-csi/ue-client';
import { describe, expect, it } from 'vitest';
import { FakeEncoder, tinyCsi, tinyModel } from './tiny-model.ts';

const { bundle } = await tinyModel('tiny-a');
const encoder = () => new FakeEncoder(bundle).reports(bundle);

describe('a report encoder', () => {
  it('follows the rate knobs', async () => {
    const reports = encoder();
    const csi = tinyCsi(1);
    const full = await reports.encode(csi, { codewordTruncation: 0, phaseTheta: 500 });
    const coarse = await reports.encode(csi, { codewordTruncation: 7, phaseTheta: 500 });
    const none = await reports.encode(csi, { codewordTruncation: 0, phaseTheta: 2 ** 24 });
    expect(full.payloadBits).toMatchObject({ codeword: 30, scale: 8 });
    expect(coarse.payloadBits.codeword).toBe(6);
    expect(none.payloadBits).toEqual({ codeword: 30, scale: 8, phase: 0, total: 38 });
    expect(none.phase.length).toBe(0);
    expect(full.codeword).toEqual(none.codeword);
    expect(full.phase.length).toBe(Math.ceil((full.payloadBits.phase ?? 0) / 8));
    expect(await reports.encode(csi, { codewordTruncation: 0, phaseTheta: 500 })).toEqual(full);
    // The model's own theta is 500.
    expect(await reports.encode(csi, {})).toEqual(full);
  });

  it('sends the norm as a level of the model and nothing else of it', async () => {
    const csi = tinyCsi(2);
    const louder = { ...csi, values: csi.values.map((value) => value * 10) };
    const config = { codewordTruncation: 0, phaseTheta: 500 };
    const [one, ten] = [await encoder().encode(csi, config), await encoder().encode(louder, config)];
    // 20 dB in steps of 0.375 dB.
    expect(Math.abs(ten.scale - one.scale - 20 / 0.375)).toBeLessThanOrEqual(1);
    expect(ten.phase).toEqual(one.phase);
    expect(ten.codeword).toEqual(one.codeword);
  });

  it('refuses CSI off the grid of norms before it runs the encoder', async () => {
    const fake = new FakeEncoder(bundle);
    const csi = tinyCsi(2);
    const loud = { ...csi, values: csi.values.map((value) => value * 1000) };
    const encoding = fake.reports(bundle).encode(loud, { codewordTruncation: 0, phaseTheta: 500 });
    await expect(encoding).rejects.toMatchObject({
      code: 'csi-invalid',
      message: expect.stringContaining('-60..35.625 dB'),
    });
    expect(fake.calls).toBe(0);
  });

  it('gives the same reports when calls overlap', async () => {
    const reports = encoder();
    const config = { codewordTruncation: 0, phaseTheta: 500 };
    const alone = [];
    for (const seed of [1, 2, 3]) alone.push(await encoder().encode(tinyCsi(seed), config));
    expect(await Promise.all([1, 2, 3].map((seed) => reports.encode(tinyCsi(seed), config)))).toEqual(alone);
  });
});

describe('warmUp', () => {
  it('makes the number of reports it is told to', async () => {
    const fake = new FakeEncoder(bundle);
    await warmUp(fake.reports(bundle), createUeCodec(bundle.codec), 7);
    expect(fake.calls).toBe(7);
  });

  it('stays on the grid of norms, wherever it lies', async () => {
    const scale = { minDb: -200, stepDb: 0.1, bits: 8 };
    const representation = { ...bundle.codec.representation, normalization: { kind: 'spherical', scale } } as const;
    const low = { ...bundle, codec: { ...bundle.codec, representation } };
    const reports = new FakeEncoder(low).reports(low);
    await expect(warmUp(reports, createUeCodec(low.codec), 1)).resolves.toBeUndefined();
  });
});
