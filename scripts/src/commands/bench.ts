import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zooDirectory } from '@edge-csi/models/disk';
import { Command } from 'commander';
import { accuracy } from '../bench/accuracy-suite.ts';
import type { BenchOptions } from '../bench/bench-options.ts';
import { decoder } from '../bench/decoder-suite.ts';
import { dense } from '../bench/dense-suite.ts';
import { rateDistortionJson, rateDistortionPlot, renderRateDistortion } from '../bench/rate-distortion-report.ts';
import { runRateDistortion } from '../bench/rate-distortion-suite.ts';
import { server } from '../bench/server/server-suite.ts';
import { sampleData } from '../data.ts';
import { describeEnvironment } from '../environment.ts';
import { requireWritable, writeJson } from '../json-file.ts';
import { renderLinePlot } from '../line-plot.ts';
import { modelsById, prunedModelsOfOneShape } from '../model-choice.ts';
import { finite, integer, list, UsageError } from '../usage.ts';

/** Samples that the baselines are fitted on unless told otherwise: about as many as the networks were trained on. */
const defaultFitSamples = 50_000;

const suites = { accuracy, 'rate-distortion': rateDistortion, dense, decoder, server } as const;

/** Options that only some suites have. */
const ownedOptions = [
  ['baselinesFrom', '--baselines-from', ['rate-distortion', 'dense']],
  ['select', '--select', ['rate-distortion']],
  ['svg', '--svg', ['rate-distortion', 'dense', 'server']],
  ['markdown', '--markdown', ['dense', 'server']],
] as const satisfies readonly (readonly [keyof BenchOptions, string, readonly string[]])[];

/** `edge-csi bench`: accuracy without sockets, throughput with them. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Benchmarks: accuracy per model, NMSE against bits, the Dense layer, decoder cost, server throughput.')
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
      'rate-distortion, dense: fit classical schemes on this file, with both bands, and add them',
    )
    .option(
      '--fit-samples <n>',
      'samples of --baselines-from, spread over it, at most',
      integer('--fit-samples', 2, 1e7),
      defaultFitSamples,
    )
    .option('--select <file>', 'rate-distortion: choose operating points on this file; default --data')
    .option(
      '--svg <file>',
      'rate-distortion, dense, server: draw NMSE against bits or codeword length, or latency against load',
    )
    .option('--markdown <file>', 'dense, server: write the figures as a page')
    .option('--ues <n>', 'UEs that saturate the server', integer('--ues', 1, 1024), 64)
    .option('--batch-size <n>', 'reports decoded at once', integer('--batch-size', 1, 256), 16)
    .option('--rounds <n>', 'raw and socket measurements in turn', integer('--rounds', 1, 100), 3)
    .option('--seconds <s>', 'length of one measurement', finite('--seconds', 0.1, 3600), 4)
    .option(
      '--seed <n>',
      'server: of the arrivals; the other suites draw nothing',
      integer('--seed', 0, 2 ** 31 - 1),
      7,
    )
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

async function run(options: BenchOptions): Promise<void> {
  await requireWritable(options.json);
  if (!Object.hasOwn(suites, options.suite)) {
    throw new UsageError(`--suite is '${options.suite}', give one of ${Object.keys(suites).join(', ')}`);
  }
  for (const [option, flag, owners] of ownedOptions) {
    if (options[option] === undefined || (owners as readonly string[]).includes(options.suite)) continue;
    throw new UsageError(`${flag} belongs to --suite ${owners.join(' and ')}, not to ${options.suite}`);
  }
  await requireWritable(options.markdown, '--markdown');
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

async function rateDistortion(options: BenchOptions): Promise<object> {
  const { zoo, uplink, samples, select, baselinesFrom, fitSamples } = options;
  const manifests = options.models ? await modelsById(options.models, zoo) : await prunedModelsOfOneShape(zoo);
  const measurement = { manifests, zoo, data: options.data, uplink, samples, select, baselinesFrom, fitSamples };
  const result = await runRateDistortion(measurement);
  const data = path.basename(options.data);
  process.stdout.write(`${renderRateDistortion(result, data)}\n`);
  if (options.svg !== undefined) await writeFile(options.svg, await renderLinePlot(rateDistortionPlot(result, data)));
  return rateDistortionJson(result);
}
