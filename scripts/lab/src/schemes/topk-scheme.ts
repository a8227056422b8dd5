import { type AngularDelayCsi, normalizeSpherical, type ScaleSpec } from '@edge-csi/csi';
import type { LinkSample } from '../link/transceiver.ts';
import type { Scheme, Setting } from './scheme.ts';
import {
  decodeTopKInto,
  encodeTopK,
  fitTopKModel,
  numLevelsOf,
  type StrongestEntries,
  strongestEntries,
  type TopKKnobs,
  type TopKModel,
} from './topk-codebook.ts';

/** Most entries that the scheme sends, hence most that are worth keeping of a training sample. */
export const mostEntries = 320;

/** Knobs worth trying together: few entries are sent coarsely, many finely. */
const grids = [
  {
    entries: [4, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50],
    levelsPerOctave: [2, 4],
    floorOctaves: [4, 6],
    phaseRules: [
      [5, 3],
      [6, 3],
      [6, 4],
    ],
  },
  {
    entries: [60, 75, 90],
    levelsPerOctave: [4],
    floorOctaves: [4, 6],
    phaseRules: [
      [6, 3],
      [6, 4],
      [7, 5],
    ],
  },
  {
    entries: [110, 135, 165, 200, 250, mostEntries],
    levelsPerOctave: [4, 8],
    floorOctaves: [4, 6, 8],
    phaseRules: [
      [6, 4],
      [7, 5],
      [8, 6],
    ],
  },
];

/** The strongest entries sent one by one, `encodeTopK`, over all its knobs. */
export function createTopKScheme(training: readonly StrongestEntries[], numEntries: number, scale: ScaleSpec): Scheme {
  const models = new Map<string, TopKModel>();
  const modelFor = (knobs: TopKKnobs): TopKModel => {
    const key = [knobs.entries, knobs.levelsPerOctave, knobs.floorOctaves].join();
    let model = models.get(key);
    if (model === undefined) {
      model = fitTopKModel(training, numEntries, knobs);
      models.set(key, model);
    }
    return model;
  };
  // All settings start from the same order of entries.
  const orders = new WeakMap<LinkSample, StrongestEntries>();
  const strongestOf = (sample: LinkSample): StrongestEntries => {
    let order = orders.get(sample);
    if (order === undefined) {
      const { magnitude, norm } = normalizeSpherical(sample.downlink);
      order = strongestEntries(magnitude.values, mostEntries);
      order = { ...order, peak: norm * order.peak };
      orders.set(sample, order);
    }
    return order;
  };
  const settings = grids.flatMap(settingsOf).filter(({ entries }) => entries <= numEntries);
  return {
    name: 'topk-codebook',
    family: 'baseline',
    settings,
    carry: async (samples, setting, onReport) => {
      const knobs = knobsOf(setting);
      const model = modelFor(knobs);
      for (const [index, sample] of samples.entries()) {
        const { downlink } = sample;
        const report = encodeTopK(downlink, strongestOf(sample), model, knobs, scale);
        const values = new Float32Array(2 * numEntries);
        decodeTopKInto(values, report, model, knobs, scale);
        const estimate: AngularDelayCsi = { ...downlink, values };
        onReport(index, scale.bits + report.entries.bitLength, estimate);
      }
    },
  };
}

function settingsOf({ entries, levelsPerOctave, floorOctaves, phaseRules }: (typeof grids)[number]): TopKKnobs[] {
  return entries.flatMap((count) =>
    levelsPerOctave.flatMap((levels) =>
      floorOctaves.flatMap((floor) =>
        phaseRules.map(([phaseBits = 0, minPhaseBits = 0]) => ({
          entries: count,
          levelsPerOctave: levels,
          floorOctaves: floor,
          phaseBits,
          minPhaseBits,
        })),
      ),
    ),
  );
}

const knobNames = ['entries', 'levelsPerOctave', 'floorOctaves', 'phaseBits', 'minPhaseBits'] as const;

function knobsOf(setting: Setting): TopKKnobs {
  const missing = knobNames.find((name) => setting[name] === undefined);
  if (missing !== undefined) throw new RangeError(`setting has no ${missing}`);
  const knobs = setting as TopKKnobs;
  if (numLevelsOf(knobs) < 1) throw new RangeError('floorOctaves and levelsPerOctave must give at least one level');
  return knobs;
}
