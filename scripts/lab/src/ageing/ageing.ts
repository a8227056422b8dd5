import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AngularDelayCsi,
  type ChannelPaths,
  createRandom,
  pathsAfter,
  type ScenarioName,
  sgcs,
  squaredErrorRatio,
} from '@edge-csi/csi';
import { pathsToAngularDelay } from '@edge-csi/csi/paths';
import { isPathModel, type ReportManifest } from '@edge-csi/models';
import { batchSize, type LinkSample, openTransceiver } from '../link/transceiver.ts';
import { ClusteredMeans, type Interval } from '../metrics/clustered-means.ts';
import { ratioToDb } from '../metrics/score.ts';
import { type UnitChannel, unitChannel, zeroForcingRates } from '../throughput/precoding.ts';
import type { AgeGrid } from './age-grid.ts';
import { measurePeriodMs, simulateTracks, type Track } from './tracks.ts';

/** Accuracy of CSI that is held, against the true channel of a later time. */
export interface HeldAccuracy {
  readonly nmseDb: number;
  readonly sgcs: number;
  /** Of 4 UEs at once by zero forcing at 10 dB, their sum in bit/s/Hz; absent in results of versions that did not measure it. */
  readonly spectralEfficiency?: number;
  /** 95 %, over tracks. */
  readonly intervals?: { readonly nmseDb: Interval; readonly sgcs: Interval };
}

/** How one kind of CSI ages at one speed. */
export interface AgeingRun {
  readonly scenario: ScenarioName;
  readonly downlinkCarrierHz: number;
  readonly speedKmh: number;
  /** What the BS holds: the estimate of a model's report, or the true matrix of that time. */
  readonly csi: string;
  /** The same as a scheme: `true-held`, `paths-held`, `paths-predicted`, or the id of a model with `-held` behind it. Absent in results of versions that did not record it. */
  readonly scheme?: string;
  /** Mean size of a report; 0 for true matrices. */
  readonly payloadBits: number;
  readonly tracks: number;
  readonly byAge: readonly (HeldAccuracy & { readonly ageMs: number })[];
  /** Mean over the time that a report is in use: from the delay on, for a period. */
  readonly byPeriod: readonly (HeldAccuracy & { readonly periodMs: number })[];
}

export interface AgeingOptions {
  readonly scenario: ScenarioName;
  /** All of one shape and link, the scenario's, each with the folder it is in. */
  readonly models: readonly { readonly manifest: ReportManifest; readonly zoo: string }[];
  readonly numTracks: number;
  readonly speedsKmh: readonly number[];
  readonly periodsMs: readonly number[];
  readonly grid: AgeGrid;
  /** SNR of what a UE measures; no noise unless told. */
  readonly snrDb?: number | undefined;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (tracks: number) => void;
}

/** The name that true matrices go by among models. */
export const perfectCsiName = 'perfect CSI';

/** Subcarriers that SGCS is the mean over: twice as many as a channel of 32 taps can tell apart. */
const numSubcarriers = 64;

/**
 * Lets UEs report once each and move on, and scores what the BS holds of them against their true channel as it ages, at
 * several speeds, beside the true matrix held as long. Tracks that the interruption cut short are left out.
 *
 * @example
 * const times = { speedsKmh: [3], periodsMs: [20], grid: createAgeGrid([20], 4) };
 * const models = (await listReportModels()).slice(0, 1).map((manifest) => ({ manifest, zoo: zooDirectory() }));
 * await measureAgeing({ scenario: 'cost2100-indoor', models, numTracks: 64, ...times, seed: 1, signal, onProgress });
 */
export async function measureAgeing(options: AgeingOptions): Promise<AgeingRun[]> {
  const { models, speedsKmh, periodsMs, grid, numTracks, signal, seed } = options;
  const manifests = models.map(({ manifest }) => manifest);
  const [first] = manifests;
  if (first === undefined) throw new RangeError('models is empty, must have at least one');
  const transceivers = await Promise.all(models.map(({ manifest, zoo }) => openTransceiver(manifest, zoo)));
  const held = [perfectCsiName, ...manifests.map(({ id }) => id)];
  const schemes = ['true-held', ...heldNames(manifests)];
  const tallies = speedsKmh.map(() => held.map(() => new ClusteredMeans(figureNames(grid, periodsMs))));
  const bits = new Float64Array(speedsKmh.length * held.length);
  const { downlinkCarrierHz, numDelays } = first.csi;
  const numMeasured = Math.max(...transceivers.map(({ matricesKept }) => matricesKept));
  const simulations = speedsKmh.map((speedKmh) =>
    simulateTracks({
      ...options,
      ...{ speedKmh, numMeasured, agesMs: grid.agesMs, view: first.csi },
      measureMs: measurePeriodMs(speedKmh, downlinkCarrierHz),
    }),
  );
  for (let start = 0; start < numTracks && !signal.aborted; start += batchSize) {
    const count = Math.min(batchSize, numTracks - start);
    for (const [s, simulation] of simulations.entries()) {
      const tracks = take(simulation, count);
      const estimates: Course[][] = [
        tracks.map(
          ({ downlink }) =>
            () =>
              downlink[0] as AngularDelayCsi,
        ),
      ];
      for (const [i, transceiver] of transceivers.entries()) {
        const received = await transceiver.carry(tracks.map(sampleOf), {});
        estimates.push(received.map(({ estimate, readPaths }) => courseOf(estimate, readPaths?.(), numDelays)));
        const at = s * held.length + i + 1;
        bits[at] = received.reduce((sum, { payloadBits }) => sum + payloadBits.total, bits[at] as number);
      }
      const truths = tracks.map(({ downlink }) => downlink);
      for (const [h, courses] of estimates.entries()) {
        const aged = courses.map((course) => grid.agesMs.map(course));
        const rates = groupRates(truths, aged);
        for (const [t, truth] of truths.entries()) {
          const scores = scoresOf(aged[t] as AngularDelayCsi[], truth, rates[t] as number[], grid, periodsMs);
          tallies[s]?.[h]?.add(start + t, scores);
        }
        // Scoring takes long enough for a signal to wait.
        await nextTurn();
      }
    }
    options.onProgress(start + count);
  }
  await Promise.all(transceivers.map((transceiver) => transceiver.close()));
  return speedsKmh.flatMap((speedKmh, s) =>
    held.map((csi, h): AgeingRun => {
      const tally = tallies[s]?.[h] as ClusteredMeans<string>;
      const tracks = tally.numSamples;
      const payloadBits = (bits[s * held.length + h] as number) / tracks;
      const { scenario } = options;
      return {
        scenario,
        downlinkCarrierHz,
        speedKmh,
        csi,
        scheme: schemes[h] as string,
        payloadBits,
        tracks,
        ...figuresOf(tally, grid, periodsMs, seed),
      };
    }),
  );
}

/** Names of what is made of models' reports; several models of path reports of one sort keep their ids. */
function heldNames(manifests: readonly ReportManifest[]): string[] {
  const sortOf = (manifest: ReportManifest) => (predicts(manifest) ? 'predicted' : 'held');
  const sorts = manifests.filter((manifest) => isPathModel(manifest)).map(sortOf);
  return manifests.map((manifest) => {
    const sort = sortOf(manifest);
    const isAlone = isPathModel(manifest) && sorts.filter((other) => other === sort).length === 1;
    return `${isAlone ? 'paths' : manifest.id}-${sort}`;
  });
}

/** Whether the reports of a model tell how the channel goes on. */
function predicts(manifest: ReportManifest): boolean {
  return isPathModel(manifest) && manifest.paths.doppler !== false;
}

/** What the BS takes for the channel at an age. */
type Course = (ageMs: number) => AngularDelayCsi;

/** The estimate, as it is, or as its paths turn on. A slot is 1 ms long. */
function courseOf(estimate: AngularDelayCsi, paths: ChannelPaths | undefined, numDelays: number): Course {
  if (paths === undefined || paths.spanSlots === 0) return () => estimate;
  return (ageMs) => pathsToAngularDelay(pathsAfter(paths, ageMs), numDelays);
}

function sampleOf({ report, measured, uplink }: Track): LinkSample {
  return { downlink: report.csi, uplink, history: { slot: report.slot, measured } };
}

function take<T>(items: Iterator<T>, count: number): T[] {
  return Array.from({ length: count }, () => {
    const { value, done } = items.next();
    if (done) throw new RangeError(`the simulation ended before ${count} more tracks`);
    return value;
  });
}

/** Names that figures of an age or a period are accumulated under. */
const ageName = (ageMs: number) => `age ${ageMs}`;
const periodName = (periodMs: number) => `period ${periodMs}`;
const error = (name: string) => `${name} error`;
const similarity = (name: string) => `${name} sgcs`;
const efficiency = (name: string) => `${name} rate`;

function figureNames({ agesMs }: AgeGrid, periodsMs: readonly number[]): string[] {
  return [...agesMs.map(ageName), ...periodsMs.map(periodName)].flatMap((name) => [
    error(name),
    similarity(name),
    efficiency(name),
  ]);
}

/** UEs served at once, and SNR, linear, at which they are. */
const groupSize = 4;
const servedSnr = 10;

/**
 * Spectral efficiency of the group that each UE is served in, by age. UEs are of environments of their own.
 *
 * @param truths - by UE and age @param estimates - what the BS precodes from, the same
 */
function groupRates(
  truths: readonly (readonly AngularDelayCsi[])[],
  estimates: readonly (readonly AngularDelayCsi[])[],
) {
  const units = [truths, estimates].map((of) => of.map((byAge) => byAge.map((csi) => unitChannel(csi))));
  const rates: number[][] = [];
  for (let ue = 0; ue < truths.length; ue++) {
    // Those left over are served with some that are, too.
    const first = Math.min(ue - (ue % groupSize), Math.max(0, truths.length - groupSize));
    const rateAt = (age: number): number => {
      const [channels, served] = units.map((of) =>
        of.slice(first, first + groupSize).map((ofUe) => ofUe[age] as UnitChannel),
      );
      return zeroForcingRates(channels ?? [], served ?? [], [servedSnr])[0] as number;
    };
    rates.push(ue % groupSize === 0 ? (truths[ue] ?? []).map((_, age) => rateAt(age)) : (rates[ue - 1] as number[]));
  }
  return rates;
}

/** One track's figures, by name. */
function scoresOf(
  estimates: readonly AngularDelayCsi[],
  truths: readonly AngularDelayCsi[],
  rates: readonly number[],
  grid: AgeGrid,
  periodsMs: readonly number[],
): Record<string, number> {
  const errors = truths.map((truth, i) => squaredErrorRatio(truth, estimates[i] as AngularDelayCsi));
  const similarities = truths.map((truth, i) => sgcs(truth, estimates[i] as AngularDelayCsi, numSubcarriers));
  const scores: Record<string, number> = {};
  for (const [i, ageMs] of grid.agesMs.entries()) {
    scores[error(ageName(ageMs))] = errors[i] as number;
    scores[similarity(ageName(ageMs))] = similarities[i] as number;
    scores[efficiency(ageName(ageMs))] = rates[i] as number;
  }
  for (const periodMs of periodsMs) {
    const weights = grid.weightsOf(periodMs);
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
    scores[error(periodName(periodMs))] = mean(errors);
    scores[similarity(periodName(periodMs))] = mean(similarities);
    scores[efficiency(periodName(periodMs))] = mean(rates);
  }
  return scores;
}

function figuresOf(
  tally: ClusteredMeans<string>,
  { agesMs }: AgeGrid,
  periodsMs: readonly number[],
  seed: number,
): Pick<AgeingRun, 'byAge' | 'byPeriod'> {
  const intervals = tally.intervals(createRandom(seed));
  const accuracyOf = (name: string): HeldAccuracy => {
    const [ofError, ofSgcs] = [intervals?.[error(name)], intervals?.[similarity(name)]];
    return {
      nmseDb: ratioToDb(tally.mean(error(name))),
      sgcs: tally.mean(similarity(name)),
      spectralEfficiency: tally.mean(efficiency(name)),
      ...(ofError && ofSgcs && { intervals: { nmseDb: [ratioToDb(ofError[0]), ratioToDb(ofError[1])], sgcs: ofSgcs } }),
    };
  };
  return {
    // The true matrix is not off at all while it is fresh, which decibels cannot say.
    byAge: agesMs
      .map((ageMs) => ({ ageMs, ...accuracyOf(ageName(ageMs)) }))
      .filter(({ nmseDb }) => Number.isFinite(nmseDb)),
    byPeriod: periodsMs.map((periodMs) => ({ periodMs, ...accuracyOf(periodName(periodMs)) })),
  };
}
