import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { defaultCarriers, isCdl, isTr38901, scenarioNames, simulateChannel } from '@edge-csi/csi';
import { maxNpzBytes } from '@edge-csi/csi/files';
import { monotonicMs } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { Interrupted, withInterruption } from '../interruption.ts';
import { givenFlag, type OptionsOf } from '../options/command.ts';
import { arrayOption, viewOf, withView } from '../options/data.ts';
import { writeJson } from '../options/output.ts';
import { finite, integer, seedOption, writableFile } from '../options/parse.ts';
import { startProgress } from '../progress.ts';
import { commandLine, describeEnvironment } from '../provenance.ts';
import {
  createCsiPairs,
  openCsiNpyWriter,
  openCsiNpzWriter,
  openPathListWriter,
  type SampleWriter,
} from './simulate-writers.ts';

/** Options that say how a path list is turned into matrices: whoever reads the list chooses them. */
const csiOptions = ['antennas', 'array', 'delays', 'bandwidthMhz', 'subcarriers', 'timing', 'snrDb', 'uplinkSnrDb'];

function declare(program: CommandUnknownOpts) {
  return withView(program.command('simulate'))
    .description('Write channels of simulated, moving UEs in both bands: path lists, or CSI matrices.')
    .addOption(new Option('--scenario <name>', 'channel to simulate').choices(scenarioNames).makeOptionMandatory())
    .requiredOption(
      '--out <file>',
      '.npz for a path list, with --csi for matrices; .npy for matrices without columns',
      writableFile,
    )
    .option('--uplink-out <file>', '.npy: the uplink, which needs a file of its own', writableFile)
    .option('--samples <n>', 'samples in all', integer(1, 1e9), 1024)
    .option('--ues <n>', 'UEs of each environment, sampled in turn', integer(1, 1e6), 16)
    .option('--environments <n>', 'environments that samples are divided among', integer(1, 1e9), 1)
    .option('--period-ms <ms>', 'time from one sample of a UE to its next', integer(1, 1e6), 80)
    .option('--speed-kmh <v>', 'speed of UEs', finite(0, 500), 3)
    .option('--downlink-ghz <GHz>', "downlink carrier, default the scenario's", finite(0.1, 100))
    .option('--uplink-ghz <GHz>', "uplink carrier, default the scenario's", finite(0.1, 100))
    .addOption(
      new Option('--phases <from>', '3GPP: phases of the two bands')
        .choices(['independent', 'carrier'])
        .default('independent'),
    )
    .option('--delay-spread-ns <ns>', 'cdl: delay spread', finite(0, 1e5), 100)
    .option(...arrayOption)
    .option('--csi', 'write CSI matrices, not a path list')
    .option('--snr-db <dB>', 'CSI: estimation noise, default none', finite(-50, 200))
    .option('--uplink-snr-db <dB>', 'CSI: the uplink, where it differs', finite(-50, 200))
    .option(...seedOption)
    .option('--json <file>', 'write what was done as JSON', writableFile)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi simulate --scenario cost2100-indoor --out paths.npz
  edge-csi link-run --data paths.npz --reduction 12
  edge-csi simulate --scenario cost2100-indoor --environments 2400 --ues 20 --samples 48000 --out train.npz
  edge-csi simulate --scenario umi --speed-kmh 30 --period-ms 5 --samples 10000 --out umi.npz
  edge-csi simulate --scenario cdl-c --delay-spread-ns 300 --antennas 64 --csi --snr-db 20 --out cdl.npz`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `edge-csi simulate`: data files from the built-in channel simulator. */
export const addSimulate = (program: CommandUnknownOpts) =>
  declare(program).action(async (options, command) => {
    checkTogether(options, (...names) => givenFlag(command, names));
    const settings = settingsOf(options);
    await withInterruption((signal) => writeSamples(options, settings, signal));
  });

async function writeSamples(options: Options, settings: Settings, signal: AbortSignal): Promise<void> {
  const writer = await openWriter(options, settings);
  const progress = startProgress(options.scenario, options.samples);
  const startMs = monotonicMs();
  let written = 0;
  let paths = 0;
  try {
    for (const sample of simulateChannel(settings)) {
      await writer.append(sample);
      paths += sample.paths.delayNs.length;
      written++;
      if (written % 256 === 0) {
        progress.update(written);
        // Signals are seen between turns of the event loop only.
        await new Promise(setImmediate);
      }
      if (signal.aborted) break;
    }
    await writer.close();
  } catch (error) {
    await writer.discard();
    throw error;
  } finally {
    progress.stop();
  }
  const seconds = (monotonicMs() - startMs) / 1000;
  const { downlinkCarrierHz, uplinkCarrierHz } = settings;
  const rate = written / seconds;
  process.stdout.write(
    `${written} samples of ${options.scenario}, ${(paths / written).toFixed(1)} paths each, ` +
      `${downlinkCarrierHz / 1e9} / ${uplinkCarrierHz / 1e9} GHz, in ${seconds.toFixed(1)} s (${rate.toFixed(0)} a second)\n` +
      `${writer.files.join('\n')}\n`,
  );
  await writeJson(options.json, {
    schema: 'edge-csi/simulate@1',
    ...settings,
    samples: written,
    files: writer.files.map((file) => path.basename(file)),
    meanPaths: paths / written,
    seconds,
    command: commandLine(),
    environment: describeEnvironment('none'),
  });
  if (signal.aborted)
    throw new Interrupted(`stopped after ${written} of ${options.samples} samples; the files hold those`);
}

/** @throws UsageError where options contradict each other. @param given - the flag of the first of these that is given */
function checkTogether(options: Options, given: (...names: string[]) => string | undefined): void {
  const { scenario, out, uplinkOut, samples } = options;
  if (!/\.np[yz]$/.test(out)) throw new UsageError(`--out is '${out}', name a file that ends in .npz or .npy`);
  if (out.endsWith('.npy') !== (uplinkOut !== undefined)) {
    throw new UsageError(
      'a .npy holds one band and a .npz both: name the uplink with --uplink-out for a .npy --out only',
    );
  }
  if (uplinkOut !== undefined) {
    if (!uplinkOut.endsWith('.npy')) {
      throw new UsageError(`--uplink-out is '${uplinkOut}', name a file that ends in .npy`);
    }
    if (path.resolve(uplinkOut) === path.resolve(out)) {
      throw new UsageError(`--out and --uplink-out are both '${out}'; give two names`);
    }
  }
  if (given('phases') && !isTr38901(scenario)) {
    throw new UsageError(`--phases belongs to 3GPP scenarios; those of ${scenario} follow from its paths`);
  }
  if (given('delaySpreadNs') && !isCdl(scenario)) {
    throw new UsageError(`--delay-spread-ns belongs to cdl scenarios; ${scenario} draws its own`);
  }
  if (!isCsi(options)) {
    const flag = given(...csiOptions);
    if (flag === undefined) return;
    throw new UsageError(`${flag} is for CSI matrices, and a path list has none; add --csi, or leave it to the reader`);
  }
  const { numAntennas, numDelays } = viewOf(options);
  const bytes = samples * 2 * 2 * 4 * numAntennas * numDelays;
  if (out.endsWith('.npz') && bytes > maxNpzBytes) {
    throw new UsageError(
      `CSI would be ${bytes} bytes, a .npz holds ${maxNpzBytes}; give fewer --samples, or .npy names`,
    );
  }
}

function isCsi({ csi, out }: Options): boolean {
  return csi === true || out.endsWith('.npy');
}

type Settings = ReturnType<typeof settingsOf>;

function settingsOf(options: Options) {
  const carriers = defaultCarriers(options.scenario);
  return {
    scenario: options.scenario,
    seed: options.seed,
    numSamples: options.samples,
    numUes: options.ues,
    numEnvironments: Math.min(options.environments, options.samples),
    periodSlots: options.periodMs,
    speedKmh: options.speedKmh,
    downlinkCarrierHz: options.downlinkGhz === undefined ? carriers.downlinkCarrierHz : options.downlinkGhz * 1e9,
    uplinkCarrierHz: options.uplinkGhz === undefined ? carriers.uplinkCarrierHz : options.uplinkGhz * 1e9,
    phases: options.phases,
    delaySpreadNs: options.delaySpreadNs,
  } as const;
}

async function openWriter(options: Options, settings: Settings): Promise<SampleWriter> {
  const { out, uplinkOut, snrDb } = options;
  if (!isCsi(options)) return openPathListWriter(out, isTr38901(settings.scenario));
  const view = viewOf(options);
  const snrs = { downlinkSnrDb: snrDb, uplinkSnrDb: options.uplinkSnrDb ?? snrDb };
  const { array } = options;
  const measure = createCsiPairs({ ...settings, ...view, ...snrs, ...(array && { array }) });
  const numValues = 2 * view.numAntennas * view.numDelays;
  return uplinkOut === undefined
    ? openCsiNpzWriter(out, numValues, measure)
    : openCsiNpyWriter(out, uplinkOut, numValues, measure);
}
