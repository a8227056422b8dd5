import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '@edge-csi/models';
import { listModels, zooDirectory } from '@edge-csi/models/disk';
import { Command } from 'commander';
import { type AccuracyRun, measureAccuracy } from '../bench/accuracy.ts';
import { rateDistortionJson, rateDistortionPlot, renderRateDistortion } from '../bench/rate-distortion-report.ts';
import { runRateDistortion } from '../bench/rate-distortion-suite.ts';
import { recordAccuracy } from '../bench/record.ts';
import { benchServer, lowerMedian, type ServerRun } from '../bench/server.ts';
import { dataFor, openData, sampleData } from '../data.ts';
import { describeEnvironment } from '../environment.ts';
import { requireWritable, writeJson } from '../json-file.ts';
import { renderLinePlot } from '../line-plot.ts';
import { modelsById, prunedModels } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTable } from '../table.ts';
import { finite, integer, list, UsageError } from '../usage.ts';

interface Options {
  readonly suite: string;
  readonly data: string;
  readonly uplink?: string;
  readonly zoo: string;
  readonly models?: string[];
  readonly samples?: number;
  readonly ues: number;
  readonly batchSize: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly record?: boolean;
  readonly baselinesFrom?: string;
  readonly fitSamples: number;
  readonly select?: string;
  readonly svg?: string;
  readonly json?: string;
}

/** Samples that the baselines are fitted on unless told otherwise: about as many as the networks were trained on. */
const defaultFitSamples = 50_000;

const suites = { accuracy, 'rate-distortion': rateDistortion, server } as const;

/** `edge-csi bench`: accuracy without sockets, throughput with them. */
export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'Benchmarks: accuracy per model, NMSE against bits (no sockets), server throughput against the raw networks.',
    )
    .requiredOption('--suite <name>', `one of ${Object.keys(suites).join(', ')}`)
    .option('--data <file>', 'path-list .npz, or CSI as .npy or .npz', sampleData)
    .option('--uplink <file>', 'uplink CSI, where --data has the downlink only')
    .option('--zoo <dir>', 'folder of models', zooDirectory)
    .option('--models <ids>', 'models to measure; default all (accuracy), the pruned ones (others)', list('--models'))
    .option(
      '--samples <n>',
      'samples for accuracy (the first) and rate-distortion (spread), default all',
      integer('--samples', 1, 1e7),
    )
    .option(
      '--baselines-from <file>',
      'rate-distortion: fit classical schemes on this file, with both bands, and add them',
    )
    .option(
      '--fit-samples <n>',
      'samples of --baselines-from, spread over it, at most',
      integer('--fit-samples', 2, 1e7),
      defaultFitSamples,
    )
    .option('--select <file>', 'rate-distortion: choose operating points on this file; default --data')
    .option('--svg <file>', 'rate-distortion: draw NMSE against bits')
    .option('--ues <n>', 'UEs that saturate the server', integer('--ues', 1, 1024), 64)
    .option('--batch-size <n>', 'reports decoded at once', integer('--batch-size', 1, 256), 16)
    .option('--rounds <n>', 'raw and socket measurements in turn', integer('--rounds', 1, 100), 3)
    .option('--seconds <s>', 'length of one measurement', finite('--seconds', 0.1, 3600), 4)
    .option('--seed <n>', 'recorded in the result; these suites draw nothing', integer('--seed', 0, 2 ** 31 - 1), 7)
    .option('--record', "accuracy: write the figures into the models' manifests")
    .option('--json <file>', 'write the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench --suite accuracy
  edge-csi bench --suite accuracy --data my-test-split.npz --models dualnet-mag-m43
  edge-csi bench --suite rate-distortion --data test.npz --baselines-from train.npz --select val.npz --svg curve.svg
  edge-csi bench --suite server --json server.json`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  await requireWritable(options.json);
  if (!Object.hasOwn(suites, options.suite)) {
    throw new UsageError(`--suite is '${options.suite}', give one of ${Object.keys(suites).join(', ')}`);
  }
  for (const option of ['baselinesFrom', 'select', 'svg'] as const) {
    if (options[option] === undefined || options.suite === 'rate-distortion') continue;
    const flag = option === 'baselinesFrom' ? '--baselines-from' : `--${option}`;
    throw new UsageError(`${flag} belongs to --suite rate-distortion, not to ${options.suite}`);
  }
  await requireWritable(options.svg, '--svg');
  const results = await suites[options.suite as keyof typeof suites](options);
  const report = {
    schema: 'edge-csi/bench@1',
    suite: options.suite,
    seed: options.seed,
    data: path.basename(options.data),
    command: `edge-csi ${process.argv.slice(2).join(' ')}`,
    environment: describeEnvironment('cpu'),
    ...results,
  };
  await writeJson(options.json, report);
}

async function accuracy(options: Options): Promise<{ runs: AccuracyRun[] }> {
  const manifests = options.models ? await modelsById(options.models, options.zoo) : await listModels(options.zoo);
  const runs: AccuracyRun[] = [];
  for (const manifest of manifests) {
    const data = dataFor(manifest, options.data, options.uplink);
    const available = (await openData(data)).numSamples;
    const progress = startProgress(manifest.id, Math.min(options.samples ?? available, available));
    const measurement = { manifest, zoo: options.zoo, data, samples: options.samples, onProgress: progress.update };
    const result = await measureAccuracy(measurement).finally(progress.stop);
    if (options.record) await recordAccuracy(options.zoo, options.data, result);
    runs.push(result);
  }
  const header = [
    ...['model', 'CR', '|H| NMSE dB, float', 'bits', 'codeword', 'phase', 'NMSE dB', 'unrefined'],
    ...['|H| NMSE dB', 'SGCS', 'rho', 'encode p50 us'],
  ];
  const rows = runs.map((r) => [
    r.model,
    `1/${r.reduction}`,
    r.floatMagnitudeNmseDb.toFixed(2),
    r.payloadBits.mean.toFixed(0),
    r.payloadBits.codeword.toFixed(0),
    r.payloadBits.phase.toFixed(0),
    r.nmseDb.toFixed(2),
    r.unrefinedNmseDb?.toFixed(2) ?? '-',
    r.magnitudeNmseDb.toFixed(2),
    r.sgcs.toFixed(4),
    r.rho.toFixed(4),
    (1000 * r.latencyMs.encode.p50).toFixed(0),
  ]);
  process.stdout.write(
    `${runs[0]?.samples ?? 0} samples of ${path.basename(options.data)}\n\n${renderTable(header, rows)}\n`,
  );
  return { runs };
}

async function rateDistortion(options: Options): Promise<object> {
  const { zoo, uplink, samples, select, baselinesFrom, fitSamples } = options;
  const manifests = options.models ? await modelsById(options.models, zoo) : await prunedModels(zoo);
  const measurement = { manifests, zoo, data: options.data, uplink, samples, select, baselinesFrom, fitSamples };
  const result = await runRateDistortion(measurement);
  const data = path.basename(options.data);
  process.stdout.write(`${renderRateDistortion(result, data)}\n`);
  if (options.svg !== undefined) await writeFile(options.svg, await renderLinePlot(rateDistortionPlot(result, data)));
  return rateDistortionJson(result);
}

async function server(options: Options): Promise<{ runs: ServerRun[] }> {
  const manifests: Manifest[] = options.models
    ? await modelsById(options.models, options.zoo)
    : await prunedModels(options.zoo);
  const runs: ServerRun[] = [];
  const progress = startProgress('models', manifests.length);
  for (const manifest of manifests) {
    runs.push(
      await benchServer({
        manifest,
        zoo: options.zoo,
        data: dataFor(manifest, options.data, options.uplink),
        numUes: options.ues,
        batchSize: options.batchSize,
        rounds: options.rounds,
        secondsPerRound: options.seconds,
      }),
    );
    progress.update(runs.length);
  }
  progress.stop();
  const header = ['model', 'batch', 'UEs', 'raw reports/s', 'through sockets', 'fraction', 'BS latency p50 / p99 ms'];
  const rows = runs.map((r) => [
    r.model,
    String(r.batchSize),
    String(r.ues),
    lowerMedian(r.rawReportsPerSecond).toFixed(0),
    r.throughputPerSecond.toFixed(0),
    r.fraction.toFixed(3),
    `${r.latencyMs.p50.toFixed(1)} / ${r.latencyMs.p99.toFixed(1)}`,
  ]);
  process.stdout.write(`${renderTable(header, rows)}\n`);
  return { runs };
}
