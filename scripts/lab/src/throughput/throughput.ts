import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRandom, type Random, squaredErrorRatio } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { type DataSample, linkSamples } from '../data.ts';
import { batchSize } from '../link/transceiver.ts';
import { ClusteredMeans, type Interval } from '../metrics/clustered-means.ts';
import { ratioToDb } from '../metrics/score.ts';
import type { Scheme } from '../schemes/scheme.ts';
import { mrtRates, type UnitChannel, unitChannel, zeroForcingRates } from './precoding.ts';
import { perfectCsi } from './reference-schemes.ts';

/** A scheme at its own setting, and what it is measured beside. */
export interface Contender {
  readonly scheme: Scheme;
  /** Name that figures go by; no two alike. */
  readonly name: string;
  /** Name of the contender that it is to be compared with. */
  readonly rival?: string;
  /** Whether its estimate is of the matrix, and not of a direction alone. */
  readonly isEstimate: boolean;
}

/** Spectral efficiency of one contender for some UEs at once and one SNR. */
export interface Throughput {
  /** 1 by maximum-ratio transmission, more by zero forcing. */
  readonly users: number;
  readonly snrDb: number;
  /** Sum over the UEs, bit/s/Hz. */
  readonly spectralEfficiency: number;
  readonly interval?: Interval;
  /** Over that of perfect CSI. */
  readonly ofPerfect: number;
  /** Spectral efficiency beyond the rival's, of the same UEs. */
  readonly gain?: number;
  readonly gainInterval?: Interval;
}

export interface ThroughputRun {
  readonly scheme: string;
  readonly family: Scheme['family'];
  readonly rival?: string;
  readonly payloadBits: number;
  /** Of the estimates; absent where it says nothing: a beam has no amplitude, and perfect CSI no error. */
  readonly nmseDb?: number;
  readonly samples: number;
  /** What intervals are over: environments where the data tell them, else samples. */
  readonly clusters: number;
  readonly throughput: readonly Throughput[];
}

export interface ThroughputOptions {
  readonly source: CsiSource;
  readonly samples: number;
  readonly contenders: readonly Contender[];
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** Numbers of UEs served at once, and SNRs of one antenna with all the power. */
export const userCounts = [1, 4, 8] as const;
export const snrsDb = [0, 10, 20] as const;

/** UEs served at once are of one environment: without environments there is no telling which share a cell. */
type Cell = readonly number[];

/**
 * Measures what precoding from each contender's estimates is worth: every sample alone, and, where the data tell
 * environments, UEs of one environment together, drawn into groups. Cells that an interruption cut short are left out.
 *
 * @example
 * const contenders = [perfectCsi, widebandBeam].map((scheme) => ({ scheme, name: scheme.name, isEstimate: false }));
 * await measureThroughput({ source, samples: 512, contenders, seed: 1, signal, onProgress: () => undefined });
 */
export async function measureThroughput(options: ThroughputOptions): Promise<ThroughputRun[]> {
  const { source, contenders, seed, signal } = options;
  const names = contenders.map(({ name }) => name);
  const gains = contenders.flatMap(({ name, rival }) => (rival === undefined ? [] : [gainName(name)]));
  const figures = snrsDb.flatMap((snrDb) => [...names, ...gains].map((name) => at(name, snrDb)));
  const tallies = new Map(userCounts.map((users) => [users, new ClusteredMeans<string>(figures)] as const));
  const perSample = new ClusteredMeans<string>(names.flatMap((name) => [bitsName(name), errorName(name)]));
  const random = createRandom(seed);
  let done = 0;
  for (const cell of cellsOf(source, options.samples)) {
    if (signal.aborted) break;
    const samples = cell.flatMap((index) => linkSamples(source, index, index + 1));
    const truths = samples.map(({ downlink }) => unitChannel(downlink));
    const estimates = new Map<string, UnitChannel[]>();
    const scores = samples.map((): Record<string, number> => ({}));
    for (const { scheme, name } of contenders) {
      const channels: UnitChannel[] = [];
      await scheme.carry(samples, {}, (i, bits, estimate) => {
        channels[i] = unitChannel(estimate);
        const score = scores[i] as Record<string, number>;
        score[bitsName(name)] = bits;
        // Of directions there is none.
        score[errorName(name)] =
          estimate.domain === 'subband' ? 0 : squaredErrorRatio((samples[i] as DataSample).downlink, estimate);
      });
      estimates.set(name, channels);
      // A classical scheme never leaves this turn of the event loop, and a signal would wait.
      await nextTurn();
    }
    const { cluster } = samples[0] as DataSample;
    for (const [i, { cluster: own }] of samples.entries()) perSample.add(own, scores[i] as Record<string, number>);
    for (const [users, tally] of tallies) {
      if (users > 1 && source.environment === undefined) continue;
      for (const group of groupsOf(samples.length, users, random)) {
        const owner = users > 1 ? cluster : (samples[group[0] as number] as DataSample).cluster;
        tally.add(owner, ratesOf(contenders, truths, estimates, group));
      }
    }
    done += samples.length;
    options.onProgress(done);
  }
  return contenders.map((contender) => summarize(contender, perSample, tallies, seed));
}

/** Samples by environment, in the order these come; else block by block. */
function cellsOf(source: CsiSource, count: number): Iterable<Cell> {
  const { environment } = source;
  const cells = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    const key = environment?.(index) ?? Math.floor(index / batchSize);
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [index]);
    else cell.push(index);
  }
  return cells.values();
}

/** Deals the UEs of a cell into groups at random; those left over sit out. */
function groupsOf(count: number, users: number, random: Random): number[][] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const groups = Math.floor(count / users);
  return Array.from({ length: groups }, (_, group) => order.slice(group * users, (group + 1) * users));
}

function ratesOf(
  contenders: readonly Contender[],
  truths: readonly UnitChannel[],
  estimates: ReadonlyMap<string, readonly UnitChannel[]>,
  group: readonly number[],
): Record<string, number> {
  const rates: Record<string, number> = {};
  const of = (channels: readonly UnitChannel[]) => group.map((i) => channels[i] as UnitChannel);
  const actual = of(truths);
  const snrs = snrsDb.map((snrDb) => 10 ** (snrDb / 10));
  for (const { name } of contenders) {
    const held = of(estimates.get(name) ?? []);
    const bySnr =
      actual.length === 1
        ? mrtRates(actual[0] as UnitChannel, held[0] as UnitChannel, snrs)
        : zeroForcingRates(actual, held, snrs);
    for (const [i, snrDb] of snrsDb.entries()) rates[at(name, snrDb)] = bySnr[i] as number;
  }
  for (const { name, rival } of contenders) {
    if (rival === undefined) continue;
    for (const snrDb of snrsDb) {
      rates[at(gainName(name), snrDb)] = (rates[at(name, snrDb)] as number) - (rates[at(rival, snrDb)] as number);
    }
  }
  return rates;
}

const at = (name: string, snrDb: number) => `${name} at ${snrDb} dB`;
const gainName = (name: string) => `gain of ${name}`;
const bitsName = (name: string) => `bits of ${name}`;
const errorName = (name: string) => `error of ${name}`;

function summarize(
  { scheme, name, rival, isEstimate }: Contender,
  perSample: ClusteredMeans<string>,
  tallies: ReadonlyMap<number, ClusteredMeans<string>>,
  seed: number,
): ThroughputRun {
  const throughput = [...tallies].flatMap(([users, tally]) => {
    if (tally.numSamples === 0) return [];
    const intervals = tally.intervals(createRandom(seed));
    return snrsDb.map((snrDb): Throughput => {
      const figure = at(name, snrDb);
      const gain = at(gainName(name), snrDb);
      const spectralEfficiency = tally.mean(figure);
      return {
        users,
        snrDb,
        spectralEfficiency,
        ...(intervals && { interval: intervals[figure] as Interval }),
        ofPerfect: spectralEfficiency / tally.mean(at(perfectCsi.name, snrDb)),
        ...(rival !== undefined && { gain: tally.mean(gain) }),
        ...(rival !== undefined && intervals && { gainInterval: intervals[gain] as Interval }),
      };
    });
  });
  return {
    scheme: name,
    family: scheme.family,
    ...(rival !== undefined && { rival }),
    payloadBits: perSample.mean(bitsName(name)),
    ...(isEstimate && { nmseDb: ratioToDb(perSample.mean(errorName(name))) }),
    samples: perSample.numSamples,
    clusters: perSample.numClusters,
    throughput,
  };
}
