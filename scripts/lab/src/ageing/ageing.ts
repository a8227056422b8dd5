import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AngularDelayCsi,
  createRandom,
  createSynthesizer,
  defaultCarriers,
  type ScenarioName,
  type SimulationOptions,
  sgcs,
  simulateChannel,
  squaredErrorRatio,
} from '@edge-csi/csi';
import { isPathModel, type ReportManifest } from '@edge-csi/models';
import { type CsiView, standingUes } from '../data.ts';
import { batchSize, openTransceiver } from '../link/transceiver.ts';
import { ClusteredMeans, type Interval } from '../metrics/clustered-means.ts';
import { ratioToDb } from '../metrics/score.ts';
import type { AgeGrid } from './age-grid.ts';

/** Accuracy of CSI that is held, against the true channel of a later time. */
export interface HeldAccuracy {
  readonly nmseDb: number;
  readonly sgcs: number;
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
  /** The same as a scheme: `true-held`, `paths-held`, or the id of a model of networks with `-held` behind it. Absent in results of versions that did not record it. */
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
  const bits = held.map(() => 0);
  const simulations = speedsKmh.map((speedKmh) =>
    simulateTracks({ ...options, speedKmh, agesMs: grid.agesMs, view: first.csi }),
  );
  for (let start = 0; start < numTracks && !signal.aborted; start += batchSize) {
    const count = Math.min(batchSize, numTracks - start);
    const bySpeed = simulations.map((tracks) => take(tracks, count));
    const reports = (bySpeed[0] as Track[]).map(({ downlink, uplink }) => ({
      downlink: downlink[0] as AngularDelayCsi,
      uplink,
    }));
    const estimates = [reports.map(({ downlink }) => downlink)];
    for (const [i, transceiver] of transceivers.entries()) {
      const received = await transceiver.carry(reports, {});
      estimates.push(received.map(({ estimate }) => estimate));
      bits[i + 1] = received.reduce((sum, { payloadBits }) => sum + payloadBits.total, bits[i + 1] as number);
    }
    for (const [s, tracks] of bySpeed.entries()) {
      for (const [t, { downlink }] of tracks.entries()) {
        for (const [h, ofHeld] of estimates.entries()) {
          const scores = scoresOf(ofHeld[t] as AngularDelayCsi, downlink, grid, periodsMs);
          tallies[s]?.[h]?.add(start + t, scores);
        }
      }
      // Scoring takes long enough for a signal to wait.
      await nextTurn();
    }
    options.onProgress(start + count);
  }
  await Promise.all(transceivers.map((transceiver) => transceiver.close()));
  return speedsKmh.flatMap((speedKmh, s) =>
    held.map((csi, h): AgeingRun => {
      const tally = tallies[s]?.[h] as ClusteredMeans<string>;
      const tracks = tally.numSamples;
      const payloadBits = (bits[h] as number) / tracks;
      const { scenario } = options;
      const { downlinkCarrierHz } = first.csi;
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

/** Names of what is held of models' reports; several models of path reports keep their ids. */
function heldNames(manifests: readonly ReportManifest[]): string[] {
  const isAlone = manifests.filter((manifest) => isPathModel(manifest)).length === 1;
  return manifests.map((manifest) => (isPathModel(manifest) && isAlone ? 'paths-held' : `${manifest.id}-held`));
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

function figureNames({ agesMs }: AgeGrid, periodsMs: readonly number[]): string[] {
  return [...agesMs.map(ageName), ...periodsMs.map(periodName)].flatMap((name) => [error(name), similarity(name)]);
}

/** One track's figures, by name. */
function scoresOf(
  estimate: AngularDelayCsi,
  truths: readonly AngularDelayCsi[],
  grid: AgeGrid,
  periodsMs: readonly number[],
): Record<string, number> {
  const errors = truths.map((truth) => squaredErrorRatio(truth, estimate));
  const similarities = truths.map((truth) => sgcs(truth, estimate, numSubcarriers));
  const scores: Record<string, number> = {};
  for (const [i, ageMs] of grid.agesMs.entries()) {
    scores[error(ageName(ageMs))] = errors[i] as number;
    scores[similarity(ageName(ageMs))] = similarities[i] as number;
  }
  for (const periodMs of periodsMs) {
    const weights = grid.weightsOf(periodMs);
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
    scores[error(periodName(periodMs))] = mean(errors);
    scores[similarity(periodName(periodMs))] = mean(similarities);
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

/** Downlink of one UE at the ages of a grid, by age, and its uplink at age 0. */
export interface Track {
  readonly downlink: readonly AngularDelayCsi[];
  readonly uplink: AngularDelayCsi;
}

export interface TrackOptions {
  readonly scenario: ScenarioName;
  readonly numTracks: number;
  readonly speedKmh: number;
  readonly agesMs: readonly number[];
  readonly view: CsiView;
  readonly seed: number;
}

/**
 * Simulates UEs one after another, each in an environment of its own, so that tracks are independent. The same seed gives
 * the same UEs in the same places whatever their speed: tracks of different speeds begin with the same matrix.
 */
export function* simulateTracks(options: TrackOptions): Generator<Track> {
  const { scenario, numTracks, speedKmh, agesMs, view, seed } = options;
  const settings: SimulationOptions = {
    ...standingUes(scenario, seed),
    ...defaultCarriers(scenario),
    speedKmh,
    // A slot is 1 ms long.
    sampleSlots: agesMs,
    numUes: 1,
    numEnvironments: numTracks,
    numSamples: numTracks * agesMs.length,
  };
  const { downlinkCarrierHz, uplinkCarrierHz } = settings;
  const band = { ...view, downlinkCarrierHz };
  const downlinkOf = createSynthesizer(
    { ...band, direction: 'downlink', carrierHz: downlinkCarrierHz },
    view,
    view.timing,
  );
  const uplinkOf = createSynthesizer({ ...band, direction: 'uplink', carrierHz: uplinkCarrierHz }, view, view.timing);
  let downlink: AngularDelayCsi[] = [];
  let uplink: AngularDelayCsi | undefined;
  for (const { paths } of simulateChannel(settings)) {
    if (downlink.length === 0) uplink = uplinkOf(paths, 0);
    downlink.push(downlinkOf(paths, 0));
    if (downlink.length < agesMs.length || uplink === undefined) continue;
    yield { downlink, uplink };
    downlink = [];
  }
}
