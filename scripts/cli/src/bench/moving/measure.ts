import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { createRandom, defaultCarriers, type ScenarioName, scenarioNames, withEstimationNoise } from '@edge-csi/csi';
import { fileTracks, measureMoving, type ReportSlot, simulateSlots } from '@edge-csi/lab';
import type { DataFlags } from '@edge-csi/lab/data';
import { type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { isPathModel, type PathManifest, pathsSpecOf } from '@edge-csi/models';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, withReading } from '../../options/data.ts';
import { reportModelsById } from '../../options/models.ts';
import { finite, integer, listOf } from '../../options/parse.ts';
import { pathManifestFor, pathManifestOf, usualLink } from '../../options/path-model.ts';
import { withProgress } from '../../progress.ts';
import { runSuite, suite } from '../suite.ts';
import { type MovingResult, movingPage, type PlacedPoint } from './page.ts';

/** One whose channels are few paths, one whose channels are many. */
const defaultScenarios: readonly ScenarioName[] = ['cost2100-indoor', 'umi'];
/** Fresh reports are compared with at the bits of others, so prices are close. */
const defaultPricesDb = [-18, -20, -22, -24, -26, -28, -30, -32, -34];

function declare(bench: CommandUnknownOpts) {
  return withReading(suite(bench, 'moving', 'one of path reports that is made for the channels'))
    .description(
      'NMSE against bits of path reports of moving UEs: alone, with hints, with reports that have arrived, with both, some of them lost.',
    )
    .addOption(
      new Option('--scenario <name>', `channels to simulate; default ${defaultScenarios.join(' and ')}`).choices(
        scenarioNames,
      ),
    )
    .option('--data <file>', 'tracks of a file with the columns ue and slot, instead of simulated ones')
    .option('--slot-ms <ms>', 'from one slot of --data to the next', finite(0.01, 10_000), 1)
    .option('--samples <n>', 'UEs, each in an environment of its own if simulated', integer(1, 1e7), 12)
    .option('--reports <n>', 'reports of a UE, at most', integer(2, 10_000), 12)
    .option('--speeds-kmh <list>', 'speeds of simulated UEs', listOf(finite(0.1, 500)), [1, 3, 10, 30])
    .option('--periods-ms <list>', 'report periods', listOf(integer(1, 10_000)), [5, 10, 20, 40, 80])
    .option('--losses-percent <list>', 'reports that never arrive', listOf(finite(0, 100)), [0, 1, 10])
    .option('--bit-prices-db <list>', 'prices of a bit, dB of the channel', listOf(finite(-100, 0)), defaultPricesDb)
    .option('--snr-db <dB>', 'noise on what UEs measure, default none', finite(-50, 200))
    .option('--uplink-snr-db <dB>', 'noise on what the BS measures', finite(-50, 200), 20)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench moving
  edge-csi bench moving --scenario inh --speeds-kmh 3 --periods-ms 20 --json moving.json
  edge-csi bench moving --data tracks.npz --slot-ms 5 --losses-percent 0,10`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench moving`: what both ends of a session know is worth, by speed, report period and loss. */
export const addMoving = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('moving', options, measure, movingPage));

interface MeasuredResult extends MovingResult {
  readonly data: string;
  readonly metrics: readonly Metric[];
}

async function measure(options: Options, signal: AbortSignal): Promise<MeasuredResult> {
  const { samples, periodsMs, lossesPercent, bitPricesDb, seed, uplinkSnrDb, snrDb } = options;
  const courses = options.data === undefined ? simulated(options) : recorded(options, options.data);
  const curve: PlacedPoint[] = [];
  for (const { place, manifest, speedsKmh, tracks } of await courses) {
    const spec = pathsSpecOf(manifest);
    for (const speedKmh of speedsKmh) {
      for (const periodMs of periodsMs) {
        if (signal.aborted) break;
        const ues = noisy(tracks(speedKmh, periodMs), options);
        const name = `${place}${speedKmh === undefined ? '' : `, ${speedKmh} km/h`}, every ${periodMs} ms`;
        const points = await withProgress(name, samples, (onProgress) => {
          let done = 0;
          const onUe = () => onProgress(++done);
          return measureMoving({ spec, ues, lossesPercent, bitPricesDb, seed, signal, onUe });
        });
        curve.push(
          ...points.map((point) => ({ place, ...(speedKmh !== undefined && { speedKmh }), periodMs, ...point })),
        );
      }
    }
  }
  if (curve.length === 0 && !signal.aborted) {
    throw new UsageError('no UE has two reports at any of --periods-ms; give shorter ones');
  }
  const data = [...new Set(curve.map(({ place }) => place))].join(', ');
  return {
    data,
    uplinkSnrDb,
    ...(snrDb !== undefined && { snrDb }),
    curve,
    metrics: movingMetrics(curve, bitPricesDb),
  };
}

/** Channels of moving UEs. */
interface Courses {
  readonly place: string;
  readonly manifest: PathManifest;
  /** Of the file undefined: it has the speed it has. */
  readonly speedsKmh: readonly (number | undefined)[];
  tracks(speedKmh: number | undefined, periodMs: number): Iterable<readonly CleanSlot[]>;
}

/** Both bands without noise. */
type CleanSlot = Pick<ReportSlot, 'slot' | 'truth' | 'uplink'>;

/** What both ends measure of channels. */
function* noisy(
  tracks: Iterable<readonly CleanSlot[]>,
  { seed, snrDb, uplinkSnrDb }: Pick<Options, 'seed' | 'snrDb' | 'uplinkSnrDb'>,
): Generator<ReportSlot[]> {
  const [ofUe, ofBs] = [createRandom(seed), createRandom(seed + 1)];
  for (const slots of tracks) {
    yield slots.map(({ slot, truth, uplink }) => ({
      slot,
      truth,
      measured: snrDb === undefined ? truth : withEstimationNoise(truth, snrDb, ofUe),
      uplink: uplink && withEstimationNoise(uplink, uplinkSnrDb, ofBs),
    }));
  }
}

async function simulated(options: Options): Promise<Courses[]> {
  const { scenario, speedsKmh, samples, reports, seed } = options;
  const named = await namedModel(options);
  return (scenario === undefined ? defaultScenarios : [scenario]).map((place) => {
    const link = { ...usualLink, ...defaultCarriers(place) };
    const manifest = named ?? pathManifestOf(link);
    const view = { ...manifest.csi, ...defaultCarriers(place) };
    return {
      place,
      manifest,
      speedsKmh,
      *tracks(speedKmh = 0, periodMs) {
        const slots = Array.from({ length: reports }, (_, i) => i * periodMs);
        for (const channels of simulateSlots({ scenario: place, numTracks: samples, speedKmh, slots, view, seed })) {
          yield channels.map(({ slot, downlink, uplink }) => ({ slot, truth: downlink, uplink: uplink() }));
        }
      },
    };
  });
}

async function recorded(options: Options, data: string): Promise<Courses[]> {
  const { scenario, slotMs, samples, reports, periodsMs } = options;
  if (scenario !== undefined)
    throw new UsageError('--scenario is for simulated channels, --data has others; give one of them');
  const odd = periodsMs.find((periodMs) => !Number.isInteger(periodMs / slotMs));
  if (odd !== undefined) throw new UsageError(`--periods-ms has ${odd}, must be whole slots of --slot-ms ${slotMs}`);
  const flags: DataFlags = { ...options, data };
  const manifest = (await namedModel(options)) ?? (await pathManifestFor(flags));
  const source = await createDataReader(flags).open(manifest);
  return [
    {
      place: path.basename(data),
      manifest,
      speedsKmh: [undefined],
      *tracks(_, periodMs) {
        for (const track of fileTracks(source, periodMs / slotMs).slice(0, samples)) {
          yield track.slice(0, reports).map((index, i) => ({
            slot: i * periodMs,
            truth: source.downlink(index),
            uplink: source.uplink(index),
          }));
        }
      },
    },
  ];
}

/** The model that the command line names. */
async function namedModel({ models, zoo }: Options): Promise<PathManifest | undefined> {
  if (models === undefined) return undefined;
  const [model, ...more] = await reportModelsById(models, zoo);
  if (model !== undefined && more.length === 0 && isPathModel(model) && model.paths.doppler === false) return model;
  throw new UsageError(`--models is ${models}, must be one model of path reports without --measurements`);
}

/** What a later run is held to: sessions as they are, at a middle price. */
function movingMetrics(curve: readonly PlacedPoint[], bitPricesDb: readonly number[]): Metric[] {
  const middle = bitPricesDb[Math.floor(bitPricesDb.length / 2)];
  return curve.flatMap(({ scheme, place, speedKmh, periodMs, lossPercent, bitPriceDb, nmseDb, interval }) => {
    if (scheme !== 'paths-known' || bitPriceDb !== middle) return [];
    const speed = speedKmh === undefined ? '' : `, ${speedKmh} km/h`;
    const name = `${scheme} NMSE dB, ${place}${speed}, every ${periodMs} ms, ${lossPercent} % lost, ${-bitPriceDb} dB a bit`;
    return nmseMetric(name, nmseDb, interval && { interval });
  });
}
