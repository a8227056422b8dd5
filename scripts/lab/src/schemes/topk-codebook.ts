import { type AngularDelayCsi, type BitString, dequantizeScale, quantizeScale, type ScaleSpec } from '@edge-csi/csi';
import { ArithmeticDecoder, ArithmeticEncoder, frequencyTotal } from './arithmetic-coder.ts';
import type { StrongestEntries } from './strongest-entries.ts';
import { levelOf, phaseBitsOf, type TopKKnobs, type TopKModel } from './topk-model.ts';

/** A report: the scale's level, and positions, amplitudes and phases in one arithmetic code. */
export interface TopKReport {
  /** Amplitude of the strongest entry on the grid of the scale. */
  readonly peakLevel: number;
  readonly entries: BitString;
}

/**
 * Encodes the strongest entries: for each entry of the matrix in turn whether it is sent, at the odds it had in training;
 * if so, its amplitude level at the odds of levels, then its phase with equal odds. The bits are a decodable string,
 * not a count of entropy.
 *
 * @param strongest - the strongest entries of `csi`, `knobs.entries` or more
 */
export function encodeTopK(
  csi: AngularDelayCsi,
  strongest: StrongestEntries,
  model: TopKModel,
  knobs: TopKKnobs,
  scale: ScaleSpec,
): TopKReport {
  const { numEntries } = model;
  const { positions, relative, peak } = strongest;
  const levels = new Int16Array(numEntries).fill(-1);
  for (let i = 0; i < Math.min(knobs.entries, positions.length); i++) {
    const level = levelOf(relative[i] as number, knobs.levelsPerOctave);
    if (level < model.numLevels) levels[positions[i] as number] = level;
  }

  const encoder = new ArithmeticEncoder();
  for (let entry = 0; entry < numEntries; entry++) {
    const level = levels[entry] as number;
    const sent = model.sent[entry] as number;
    if (level < 0) {
      encoder.encode(sent, frequencyTotal);
      continue;
    }
    encoder.encode(0, sent);
    encoder.encode(model.levelEdges[level] as number, model.levelEdges[level + 1] as number);
    const codes = 1 << phaseBitsOf(level, knobs);
    const phaseRad = Math.atan2(csi.values[numEntries + entry] as number, csi.values[entry] as number);
    const code = Math.round((phaseRad * codes) / (2 * Math.PI)) & (codes - 1);
    encoder.encode((code * frequencyTotal) / codes, ((code + 1) * frequencyTotal) / codes);
  }
  return { peakLevel: quantizeScale(peak, scale).level, entries: encoder.finish() };
}

/**
 * Rebuilds the matrix: each entry sent has the mean amplitude of its level times sinc(2^-b), the MMSE factor of its
 * phase error; entries not sent are 0.
 *
 * @param out - planar `[2][numEntries]`
 */
export function decodeTopKInto(
  out: Float32Array,
  report: TopKReport,
  model: TopKModel,
  knobs: TopKKnobs,
  scale: ScaleSpec,
): void {
  const { numEntries, levelEdges } = model;
  const peak = dequantizeScale({ domain: 'scale', level: report.peakLevel }, scale);
  const decoder = new ArithmeticDecoder(report.entries.bytes);
  out.fill(0);
  for (let entry = 0; entry < numEntries; entry++) {
    const sent = model.sent[entry] as number;
    if (decoder.target() >= sent) {
      decoder.take(sent, frequencyTotal);
      continue;
    }
    decoder.take(0, sent);
    const target = decoder.target();
    let level = 0;
    while ((levelEdges[level + 1] as number) <= target) level++;
    decoder.take(levelEdges[level] as number, levelEdges[level + 1] as number);
    const codes = 1 << phaseBitsOf(level, knobs);
    const code = Math.floor((decoder.target() * codes) / frequencyTotal);
    decoder.take((code * frequencyTotal) / codes, ((code + 1) * frequencyTotal) / codes);
    const halfSectorRad = Math.PI / codes;
    const shrink = Math.sin(halfSectorRad) / halfSectorRad;
    const amplitude = peak * (model.levelAmplitude[level] as number) * shrink;
    out[entry] = amplitude * Math.cos(2 * halfSectorRad * code);
    out[numEntries + entry] = amplitude * Math.sin(2 * halfSectorRad * code);
  }
}
