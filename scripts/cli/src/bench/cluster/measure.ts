import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { dataFor, sampleData } from '@edge-csi/lab/data';
import { lowerMedian, type Metric, speedMetric } from '@edge-csi/lab/metrics';
import { isPathModel } from '@edge-csi/models';
import { eachUntilInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, withData } from '../../options/data.ts';
import { reportModelsById } from '../../options/models.ts';
import { startProgress } from '../../progress.ts';
import { bankedSamples, roundsOption, runSuite, secondsOption, suite, uesOption } from '../suite.ts';
import { type GatewayIngest, measureGatewayIngest } from './gateway-ingest.ts';
import { requireBroker } from './measured-process.ts';
import { type ClusterRun, clusterPage } from './page.ts';
import { measureInProcess, measureOverBroker, type PathCost } from './path-cost.ts';

/** Offered reports a second: so few that one seldom waits for another. */
const ratePerSecond = 50;
const defaultModel = 'dualnet-mag-m43';
/** What goes with a report, to the worker and back. */
const ingestPayloads = (usesUplink: boolean) =>
  [
    { uplinks: false, estimates: false },
    ...(usesUplink ? [{ uplinks: true, estimates: false }] : []),
    { uplinks: usesUplink, estimates: true },
  ] as const;

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'cluster', defaultModel))
    .description('The way of a report over NATS beside one process, and what one gateway takes; needs nats-server.')
    .option(...uesOption)
    .option(...roundsOption)
    .option(...secondsOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench cluster
  edge-csi bench cluster --models dualnet-mag-m43,paths-indoor --markdown cluster.md`,
    );
}

/** `bench cluster`: the way over NATS beside one process, and what one gateway takes. */
export const addCluster = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('cluster', options, measure, clusterPage));

async function measure(
  options: OptionsOf<typeof declare>,
  signal: AbortSignal,
): Promise<{ runs: readonly ClusterRun[]; metrics: readonly Metric[] }> {
  requireBroker();
  const { models = [defaultModel], zoo, rounds, seconds, seed, ues: numUes } = options;
  const manifests = await reportModelsById(models, zoo);
  await createDataReader(options).check(manifests, bankedSamples);
  const ofEach = manifests.map((manifest) => ingestPayloads(!isPathModel(manifest)));
  const progress = startProgress(
    'measurements',
    ofEach.reduce((sum, payloads) => sum + 2 * rounds + payloads.length, 0),
  );
  let done = 0;
  const step = async <T>(measure: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    try {
      const result = await measure();
      progress.update(++done);
      return result;
    } catch (error) {
      // Ctrl-C reaches the servers of a terminal's group, too: that they are gone is no failure then.
      signal.throwIfAborted();
      throw error;
    }
  };
  const runs = await eachUntilInterrupted(manifests, signal, async (manifest): Promise<ClusterRun> => {
    const data = dataFor(manifest, options);
    const inProcess: PathCost[] = [];
    const overBroker: PathCost[] = [];
    for (let round = 0; round < rounds; round++) {
      const path = { manifest, zoo, data, numUes, ratePerSecond, seconds, seed: seed + 2 * round, signal };
      inProcess.push(await step(() => measureInProcess(path)));
      overBroker.push(await step(() => measureOverBroker(path)));
    }
    const ingest: GatewayIngest[] = [];
    for (const payload of ingestPayloads(!isPathModel(manifest))) {
      ingest.push(await step(() => measureGatewayIngest({ manifest, zoo, data, seconds, signal }, payload)));
    }
    return { model: manifest.id, ratePerSecond, ues: numUes, inProcess, overBroker, ingest };
  }).finally(progress.stop);
  return { runs, metrics: runs.flatMap(clusterMetrics) };
}

/** What a later run is held to. */
function clusterMetrics({ model, inProcess, overBroker, ingest }: ClusterRun): Metric[] {
  const ofWay = (way: string, costs: readonly PathCost[]) => {
    const [p50Ms, perSecond] = [
      lowerMedian(costs.map(({ openLoop }) => openLoop.latencyMs.p50)),
      lowerMedian(costs.map(({ saturated }) => saturated.reportsPerSecond)),
    ];
    return [
      speedMetric(`${model} p50 ms, ${way}`, p50Ms, 'lower', 0.4),
      speedMetric(`${model} reports/s, ${way}`, perSecond, 'higher', 0.25),
    ];
  };
  return [
    ...ofWay('one process', inProcess),
    ...ofWay('over NATS', overBroker),
    ...ingest.map(({ uplinks, estimates, gatewayCpuUs }) => {
      const traffic = `${uplinks ? 'with' : 'without'} uplinks, ${estimates ? 'with' : 'without'} estimates`;
      return speedMetric(`${model} gateway CPU us a report, ${traffic}`, gatewayCpuUs, 'lower', 0.25);
    }),
  ];
}
