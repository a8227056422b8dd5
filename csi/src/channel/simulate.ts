import type { AngularDelayCsi } from '../csi.ts';
import { requireCount } from '../errors.ts';
import { deriveSeed, type Random } from '../random.ts';
import type { PathList } from '../transform/path-list.ts';
import { type Carriers, distanceFromBs, type Position, type SimulatedUe } from './environment.ts';
import { PathBuffer } from './path-buffer.ts';
import {
  createEnvironment,
  isTr38901,
  negligibleEnergy,
  type ScenarioName,
  type ScenarioOptions,
  scenarioNames,
} from './scenario.ts';

/** A simulation as asked for. Slots are 1 ms long. */
export interface SimulationOptions extends Carriers, ScenarioOptions {
  readonly scenario: ScenarioName;
  readonly numSamples: number;
  /** UEs of each environment. */
  readonly numUes: number;
  /** Environments, one after the other, that samples are divided among. */
  readonly numEnvironments: number;
  /** Slots from one sample of a UE to its next. */
  readonly periodSlots: number;
  /** Slots of a UE's samples in place of multiples of the period, rising; as many as it has samples, or more. */
  readonly sampleSlots?: readonly number[];
  readonly speedKmh: number;
  readonly seed: number;
}

/** One UE in one slot. */
export interface ChannelSample {
  readonly environment: number;
  /** Unlike that of any other environment's UE. */
  readonly ue: number;
  readonly slot: number;
  /** BS at the origin, array along x. */
  readonly position: Position;
  readonly distanceM: number;
  /** A list of this sample alone. */
  readonly paths: PathList;
}

/**
 * Simulates UEs that move: within an environment round by round over its UEs, each a period after its last sample, UEs
 * spread evenly over the period. Memory does not grow with the number of samples.
 *
 * @throws RangeError on the first `next()`, where an option is out of range.
 */
export function* simulateChannel(options: SimulationOptions): Generator<ChannelSample, void, undefined> {
  const { numSamples, numUes, numEnvironments, periodSlots, seed } = options;
  for (const name of ['numSamples', 'numUes', 'numEnvironments', 'periodSlots'] as const) {
    requireCount(name, options[name]);
  }
  if (!scenarioNames.includes(options.scenario)) {
    throw new RangeError(`scenario is ${options.scenario}, must be one of ${scenarioNames.join(', ')}`);
  }
  requireAtLeast('speedKmh', options.speedKmh, 0);
  requireAtLeast('delaySpreadNs', options.delaySpreadNs, 0);
  for (const name of ['downlinkCarrierHz', 'uplinkCarrierHz'] as const) requireAtLeast(name, options[name], 1);
  const slotOf = slotsOf(options);
  const metresPerSlot = options.speedKmh / 3.6 / 1000;
  const negligible = negligibleEnergy(options.scenario);
  const buffer = new PathBuffer(isTr38901(options.scenario));

  for (let environment = 0; environment < numEnvironments; environment++) {
    const share = sharesOf(numSamples, numEnvironments, environment);
    const environmentSeed = deriveSeed(seed, environment);
    const surroundings = createEnvironment(options.scenario, options, options, environmentSeed);
    const ues: SimulatedUe[] = [];
    for (let sample = 0; sample < share; sample++) {
      const ue = sample % numUes;
      const round = Math.floor(sample / numUes);
      if (round === 0) ues.push(surroundings.startUe(deriveSeed(environmentSeed, UE_STREAM, ue)));
      const slot = slotOf(round) + Math.floor((ue * periodSlots) / numUes);
      buffer.clear();
      const position = (ues[ue] as SimulatedUe).pathsInto(buffer, slot * metresPerSlot);
      yield {
        environment,
        ue: environment * numUes + ue,
        slot,
        position,
        distanceM: distanceFromBs(position),
        paths: buffer.toPathList(negligible),
      };
    }
  }
}

/** The slot of each round of samples. @throws RangeError where those asked for do not rise, or are too few. */
function slotsOf({ sampleSlots, periodSlots, numSamples, numUes, numEnvironments }: SimulationOptions) {
  if (sampleSlots === undefined) return (round: number) => round * periodSlots;
  const rounds = Math.ceil(Math.ceil(numSamples / numEnvironments) / numUes);
  const rises = sampleSlots.every((slot, i) => Number.isSafeInteger(slot) && slot > (sampleSlots[i - 1] ?? -1));
  if (!rises || sampleSlots.length < rounds) {
    throw new RangeError(`sampleSlots are [${sampleSlots}], must be ${rounds} or more rising integers from 0 on`);
  }
  return (round: number) => sampleSlots[round] as number;
}

function requireAtLeast(name: string, value: number, least: number): void {
  if (!(value >= least && Number.isFinite(value)))
    throw new RangeError(`${name} is ${value}, must be ${least} or more`);
}

/** Keeps the seeds of UEs apart from those that an environment derives for itself. */
const UE_STREAM = -1;

/** How many of some items the part of that index gets when all parts get as many as the others, or one more. */
function sharesOf(items: number, parts: number, index: number): number {
  return Math.floor(items / parts) + (index < items % parts ? 1 : 0);
}

/**
 * Adds complex white Gaussian estimation noise to CSI.
 *
 * @param snrDb - energy of the matrix over the energy of the noise, over all entries
 */
export function withEstimationNoise(csi: AngularDelayCsi, snrDb: number, random: Random): AngularDelayCsi {
  let energy = 0;
  for (const value of csi.values) energy += value * value;
  const deviation = Math.sqrt((energy * 10 ** (-snrDb / 10)) / csi.values.length);
  return { ...csi, values: csi.values.map((value) => value + deviation * random.gaussian()) };
}
