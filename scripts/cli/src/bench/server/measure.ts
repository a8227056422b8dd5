import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { kindOf } from '@edge-csi/lab';
import { dataFor, sampleData } from '@edge-csi/lab/data';
import { lowerMedian, type Metric, speedMetric } from '@edge-csi/lab/metrics';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, withData } from '../../options/data.ts';
import { providerOption } from '../../options/ends.ts';
import { modelsToTime, type SkippedModel } from '../../options/fitting-models.ts';
import {
  bankedSamples,
  batchSizeOption,
  eachModel,
  roundsOption,
  runSuite,
  secondsOption,
  suite,
  uesOption,
} from '../suite.ts';
import { measureIngest } from './ingest.ts';
import { intraOpNumThreads } from './loaded-server.ts';
import { measureOpenLoop } from './open-loop.ts';
import { type ServerRun, serverPage } from './page.ts';
import { measureSaturation, type ServerBenchOptions } from './saturation.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'server', 'the pruned ones'))
    .description('A server under load: throughput through sockets beside the decoder alone, latency by load, ingest.')
    .addOption(providerOption)
    .option(...uesOption)
    .option(...batchSizeOption)
    .option(...roundsOption)
    .option(...secondsOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench server --models dualnet-mag-m43,paths-indoor --json server.json
  edge-csi bench server --report server.html --svg figures
  edge-csi bench server --provider cuda --batch-size 64 --ues 256`,
    );
}

/** `bench server`: throughput through sockets beside that of the networks alone, ingest, latency under load. */
export const addServer = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('server', options, measure, serverPage));

async function measure(
  options: OptionsOf<typeof declare>,
  signal: AbortSignal,
): Promise<{ runs: ServerRun[]; skipped?: readonly SkippedModel[]; metrics: Metric[] }> {
  const { zoo, ues: numUes, batchSize, provider, rounds, seconds: secondsPerRound, seed } = options;
  const reader = createDataReader(options);
  const { chosen, skipped } = await modelsToTime(options, reader);
  await reader.check(chosen, bankedSamples);
  const how = { zoo, numUes, batchSize, provider, rounds, secondsPerRound, seed, signal };
  const runs = await eachModel(chosen, signal, (manifest) =>
    benchServer({ manifest, data: dataFor(manifest, options), ...how }),
  );
  return { runs, ...(skipped.length > 0 && { skipped }), metrics: runs.flatMap(serverMetrics) };
}

/** What a later run is held to. */
function serverMetrics({ model, throughputPerSecond, fraction, openLoop, ingest }: ServerRun): Metric[] {
  return [
    speedMetric(`${model} reports/s through sockets`, throughputPerSecond, 'higher', 0.25),
    { name: `${model} fraction of the decoder`, value: fraction, better: 'higher', tolerance: 0.08 },
    speedMetric(`${model} p50 ms of a report alone`, openLoop.aloneMs.p50, 'lower', 0.4),
    speedMetric(`${model} p50 at half load over alone`, openLoop.halfLoadRatio, 'lower', 0.4),
    ...ingest.map(({ uplinksAndSubscriber, reportsPerSecond }) => {
      const traffic = uplinksAndSubscriber ? 'with uplinks and a subscriber' : 'reports alone';
      return speedMetric(`${model} ingest reports/s, ${traffic}`, lowerMedian(reportsPerSecond), 'higher', 0.25);
    }),
  ];
}

async function benchServer(options: ServerBenchOptions): Promise<ServerRun> {
  const { manifest, numUes, batchSize } = options;
  const saturation = await measureSaturation(options);
  return {
    model: manifest.id,
    ...kindOf(manifest),
    ues: numUes,
    batchSize,
    intraOpNumThreads,
    decodeWorkers: 1,
    ...saturation,
    openLoop: await measureOpenLoop(options, saturation.throughputPerSecond),
    ingest: await measureIngest(options),
  };
}
