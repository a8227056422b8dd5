import { type AngularDelayCsi, type BitString, dequantizeScale, quantizeScale, type ScaleSpec } from '@edge-csi/csi';
import { ArithmeticDecoder, ArithmeticEncoder, frequencyTotal } from './arithmetic-coder.ts';

/** Strongest entries of one sample, most amplitude first. */
export interface StrongestEntries {
  /** `[count]` */
  readonly positions: Uint16Array;
  /** Amplitude relative to the strongest, `[count]`. */
  readonly relative: Float32Array;
  /** Amplitude of the strongest. */
  readonly peak: number;
}

/** Finds the `count` strongest entries of a magnitude. */
export function strongestEntries(magnitude: Float32Array, count: number): StrongestEntries {
  const order = Uint16Array.from(magnitude.keys()).sort((a, b) => (magnitude[b] as number) - (magnitude[a] as number));
  const positions = order.slice(0, count);
  const peak = magnitude[positions[0] as number] as number;
  const relative = Float32Array.from(positions, (position) => (magnitude[position] as number) / peak);
  return { positions, relative, peak };
}

/** Knobs of the codebook. */
export type TopKKnobs = {
  /** Most entries sent. */
  readonly entries: number;
  /** Resolution of amplitudes: 2 is half-octaves. */
  readonly levelsPerOctave: number;
  /** Entries more than this below the strongest one are not sent. */
  readonly floorOctaves: number;
  /** Phase bits of the strongest entry; one bit fewer an octave below it, as reverse water-filling has it. */
  readonly phaseBits: number;
  /** Phase bits of the weakest entry. */
  readonly minPhaseBits: number;
};

/** Statistics that both ends hold, fitted on training samples for given entries, levelsPerOctave and floorOctaves. */
export interface TopKModel {
  readonly numEntries: number;
  readonly numLevels: number;
  /** Share of `frequencyTotal` in which an entry is sent, `[numEntries]`, 1 .. frequencyTotal - 1. */
  readonly sent: Uint16Array;
  /** Cumulative frequencies of the amplitude levels, `[numLevels + 1]`, from 0 to frequencyTotal. */
  readonly levelEdges: Uint32Array;
  /** Mean amplitude of each level relative to the peak, the estimate of least mean squared error, `[numLevels]`. */
  readonly levelAmplitude: Float64Array;
}

/** Amplitude levels of the codebook. */
export function numLevelsOf({ levelsPerOctave, floorOctaves }: TopKKnobs): number {
  return levelsPerOctave * floorOctaves;
}

/** Level of an amplitude relative to the strongest: its distance in steps of `1 / levelsPerOctave` octaves, rounded. */
export function levelOf(relative: number, levelsPerOctave: number): number {
  return Math.round(-Math.log2(relative) * levelsPerOctave);
}

/** Phase bits of a level. */
export function phaseBitsOf(level: number, { phaseBits, minPhaseBits, levelsPerOctave }: TopKKnobs): number {
  return Math.max(minPhaseBits, phaseBits - Math.round(level / levelsPerOctave));
}

/** Counts how often each entry is sent and each level occurs, and averages the amplitudes of each level. */
export function fitTopKModel(training: readonly StrongestEntries[], numEntries: number, knobs: TopKKnobs): TopKModel {
  const numLevels = numLevelsOf(knobs);
  const sentCount = new Float64Array(numEntries);
  const levelCount = new Float64Array(numLevels);
  const amplitude = new Float64Array(numLevels);
  for (const { positions, relative } of training) {
    const count = Math.min(knobs.entries, positions.length);
    for (let i = 0; i < count; i++) {
      const level = levelOf(relative[i] as number, knobs.levelsPerOctave);
      // Amplitudes fall, so that no later entry is above the floor either.
      if (level >= numLevels) break;
      const position = positions[i] as number;
      sentCount[position] = (sentCount[position] as number) + 1;
      levelCount[level] = (levelCount[level] as number) + 1;
      amplitude[level] = (amplitude[level] as number) + (relative[i] as number);
    }
  }
  return {
    numEntries,
    numLevels,
    // Half a count each way, so that nothing is impossible (Krichevsky and Trofimov's estimate).
    sent: Uint16Array.from(sentCount, (count) =>
      Math.min(Math.max(Math.round((frequencyTotal * (count + 0.5)) / (training.length + 1)), 1), frequencyTotal - 1),
    ),
    levelEdges: edgesOf(levelCount),
    levelAmplitude: amplitude.map((sum, level) => {
      const count = levelCount[level] as number;
      return count > 0 ? sum / count : 2 ** (-level / knobs.levelsPerOctave);
    }),
  };
}

/** Integer cumulative frequencies in which every symbol has at least 1. */
function edgesOf(counts: Float64Array): Uint32Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  const spare = frequencyTotal - counts.length;
  const edges = new Uint32Array(counts.length + 1);
  let below = 0;
  for (const [symbol, count] of counts.entries()) {
    below += count + 0.5;
    edges[symbol + 1] = symbol + 1 + Math.floor((spare * below) / total);
  }
  edges[counts.length] = frequencyTotal;
  return edges;
}

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
