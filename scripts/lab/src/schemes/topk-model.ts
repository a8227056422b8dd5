import { frequencyTotal } from './arithmetic-coder.ts';
import type { StrongestEntries } from './strongest-entries.ts';

/** Knobs of the codebook. */
export interface TopKKnobs {
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
}

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
