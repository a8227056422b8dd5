import { squaredErrorRatio } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import type { LinkSample } from '../../../../scripts/lab/src/link/transceiver.ts';
import { frequencyTotal } from '../../../../scripts/lab/src/schemes/arithmetic-coder.ts';
import {
  decodeTopKInto,
  encodeTopK,
  fitTopKModel,
  levelOf,
  phaseBitsOf,
  strongestEntries,
} from '../../../../scripts/lab/src/schemes/topk-codebook.ts';
import { correlatedSamples, numEntries } from './correlated-samples.ts';

const scale = { minDb: -60, stepDb: 0.375, bits: 8 };
const knobs = { entries: 6, levelsPerOctave: 2, floorOctaves: 4, phaseBits: 6, minPhaseBits: 3 };

const magnitudeOf = ({ downlink: { values } }: LinkSample) =>
  Float32Array.from({ length: numEntries }, (_, i) =>
    Math.hypot(values[i] as number, values[numEntries + i] as number),
  );
const training = correlatedSamples(2000, 1).map((sample) => strongestEntries(magnitudeOf(sample), numEntries));
const model = fitTopKModel(training, numEntries, knobs);

function carry(sample: LinkSample, chosen = knobs, odds = fitTopKModel(training, numEntries, chosen)) {
  const report = encodeTopK(sample.downlink, strongestEntries(magnitudeOf(sample), numEntries), odds, chosen, scale);
  const values = new Float32Array(2 * numEntries);
  decodeTopKInto(values, report, odds, chosen, scale);
  return { report, values, errorRatio: squaredErrorRatio(sample.downlink, { ...sample.downlink, values }) };
}

describe('top-K codebook', () => {
  it('decodes from its bits the strongest entries, at the right place, amplitude and phase', () => {
    for (const sample of correlatedSamples(50, 2)) {
      const { values } = carry(sample);
      const { positions, relative } = strongestEntries(magnitudeOf(sample), knobs.entries);
      const above = positions.filter((_, i) => levelOf(relative[i] as number, 2) < 8);
      const sent = [...values.slice(0, numEntries).keys()].filter(
        (i) => values[i] !== 0 || values[numEntries + i] !== 0,
      );
      expect(sent).toEqual([...above].sort((a, b) => a - b));
      for (const position of above) {
        const truth = sample.downlink.values;
        const [re, im] = [truth[position] as number, truth[numEntries + position] as number];
        const [gotRe, gotIm] = [values[position] as number, values[numEntries + position] as number];
        // A quarter octave of amplitude, its shrink, and half a sector of 3 bits.
        expect(Math.abs(Math.log2(Math.hypot(gotRe, gotIm) / Math.hypot(re, im)))).toBeLessThan(0.4);
        expect(Math.abs(Math.atan2(gotIm * re - gotRe * im, gotRe * re + gotIm * im))).toBeLessThan(Math.PI / 8 + 1e-6);
      }
    }
  });

  it('spends on positions, amplitudes and phases what the fitted odds say, and at most two bits more', () => {
    for (const sample of correlatedSamples(20, 3)) {
      const { report, values } = carry(sample);
      const magnitude = magnitudeOf(sample);
      const peak = Math.max(...magnitude);
      let expected = 0;
      for (let i = 0; i < numEntries; i++) {
        const odds = (model.sent[i] as number) / frequencyTotal;
        if (values[i] === 0 && values[numEntries + i] === 0) {
          expected -= Math.log2(1 - odds);
          continue;
        }
        const level = levelOf((magnitude[i] as number) / peak, 2);
        const share = (model.levelEdges[level + 1] as number) - (model.levelEdges[level] as number);
        expected += -Math.log2(odds) - Math.log2(share / frequencyTotal) + phaseBitsOf(level, knobs);
      }
      expect(report.entries.bitLength).toBeGreaterThan(expected - 1);
      expect(report.entries.bitLength).toBeLessThan(expected + 2.5);
    }
  });

  it('positions cost less against the odds of their own bins than against even ones', () => {
    const even = { ...model, sent: model.sent.map(() => (frequencyTotal * knobs.entries) / numEntries) };
    const samples = correlatedSamples(100, 4);
    const bits = (odds: typeof model) =>
      samples.reduce((sum, sample) => sum + carry(sample, knobs, odds).report.entries.bitLength, 0) / samples.length;
    expect(bits(model)).toBeLessThan(bits(even) - 5);
  });

  it('gets closer with more entries, finer amplitudes and finer phases', () => {
    const samples = correlatedSamples(100, 5);
    const error = (changed: Partial<typeof knobs>) => {
      const chosen = { ...knobs, ...changed };
      const odds = fitTopKModel(training, numEntries, chosen);
      return samples.reduce((sum, sample) => sum + carry(sample, chosen, odds).errorRatio, 0);
    };
    const many = { entries: 24, phaseBits: 7, minPhaseBits: 6, floorOctaves: 6 };
    expect(error({ entries: 12 })).toBeLessThan(0.8 * error({}));
    expect(error({ ...many, levelsPerOctave: 4 })).toBeLessThan(0.8 * error(many));
    expect(error(many)).toBeLessThan(0.9 * error({ ...many, phaseBits: 3, minPhaseBits: 3 }));
  });
});
