import path from 'node:path';
import { defaultCarriers, isCdl, isTr38901, type ScenarioName, scenarioNames, simulateChannel } from '@edge-csi/csi';
import { maxNpzBytes } from '@edge-csi/csi/files';
import { monotonicMs } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { Command, Option } from 'commander';
import { commandLine } from '../command-line.ts';
import { describeEnvironment } from '../environment.ts';
import { Interrupted, withInterruption } from '../interruption.ts';
import { requireWritable, writeJson } from '../json-file.ts';
import { startProgress } from '../progress.ts';
import { createCsiPairs } from '../simulate/csi-pair.ts';
import {
  openCsiNpyWriter,
  openCsiNpzWriter,
  openPathListWriter,
  type SampleWriter,
} from '../simulate/sample-writer.ts';
import { finite, integer } from '../usage.ts';

interface Options {
  readonly scenario: ScenarioName;
  readonly out: string;
  readonly uplinkOut?: string;
  readonly samples: number;
  readonly ues: number;
  readonly environments: number;
  readonly periodMs: number;
  readonly speedKmh: number;
  readonly downlinkGhz?: number;
  readonly uplinkGhz?: number;
  readonly phases?: 'independent' | 'carrier';
  readonly delaySpreadNs?: number;
  readonly csi?: boolean;
  readonly antennas?: number;
  readonly delays?: number;
  readonly bandwidthMhz?: number;
  readonly subcarriers?: number;
  readonly timing?: 'absolute' | 'first-path';
  readonly snrDb?: number;
  readonly uplinkSnrDb?: number;
  readonly seed: number;
  readonly json?: string;
}

/** Options that say how a path list is turned into matrices: whoever reads the list chooses them. */
const csiOptions = [
  ['antennas', '--antennas'],
  ['delays', '--delays'],
  ['bandwidthMhz', '--bandwidth-mhz'],
  ['subcarriers', '--subcarriers'],
  ['timing', '--timing'],
  ['snrDb', '--snr-db'],
  ['uplinkSnrDb', '--uplink-snr-db'],
] as const satisfies readonly (readonly [keyof Options, string])[];

/** `edge-csi simulate`: data files from the built-in channel simulator. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('Write channels of simulated, moving UEs in both bands: path lists, or CSI matrices.')
    .addOption(new Option('--scenario <name>', 'channel to simulate').choices(scenarioNames).makeOptionMandatory())
    .requiredOption('--out <file>', '.npz for a path list, with --csi for matrices; .npy for matrices without columns')
    .option('--uplink-out <file>', '.npy: the uplink, which needs a file of its own')
    .option('--samples <n>', 'samples in all', integer('--samples', 1, 1e9), 1024)
    .option('--ues <n>', 'UEs of each environment, sampled in turn', integer('--ues', 1, 1e6), 16)
    .option('--environments <n>', 'environments that samples are divided among', integer('--environments', 1, 1e9), 1)
    .option('--period-ms <ms>', 'time from one sample of a UE to its next', integer('--period-ms', 1, 1e6), 80)
    .option('--speed-kmh <v>', 'speed of UEs', finite('--speed-kmh', 0, 500), 3)
    .option('--downlink-ghz <GHz>', "downlink carrier, default the scenario's", finite('--downlink-ghz', 0.1, 100))
    .option('--uplink-ghz <GHz>', "uplink carrier, default the scenario's", finite('--uplink-ghz', 0.1, 100))
    .addOption(
      new Option('--phases <from>', '3GPP: phases of the two bands; default independent').choices([
        'independent',
        'carrier',
      ]),
    )
    .option('--delay-spread-ns <ns>', 'cdl: delay spread, default 100', finite('--delay-spread-ns', 0, 1e5))
    .option('--csi', 'write CSI matrices, not a path list')
    .option('--antennas <n>', 'CSI: antennas, default 32', integer('--antennas', 1, 4096))
    .option('--delays <n>', 'CSI: delay taps kept, default 32', integer('--delays', 1, 4096))
    .option('--bandwidth-mhz <f>', 'CSI: bandwidth, default 20', finite('--bandwidth-mhz', 0.1, 1e4))
    .option('--subcarriers <n>', 'CSI: subcarriers over it, default 1024', integer('--subcarriers', 1, 65536))
    .addOption(
      new Option('--timing <origin>', 'CSI: what delay 0 is; default absolute').choices(['absolute', 'first-path']),
    )
    .option('--snr-db <dB>', 'CSI: estimation noise, default none', finite('--snr-db', -50, 200))
    .option('--uplink-snr-db <dB>', 'CSI: the uplink, where it differs', finite('--uplink-snr-db', -50, 200))
    .option('--seed <n>', 'seed of everything drawn', integer('--seed', 0, 2 ** 31 - 1), 7)
    .option('--json <file>', 'write what was done as JSON')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi simulate --scenario cost2100-indoor --out paths.npz
  edge-csi link-run --data paths.npz --reduction 12
  edge-csi simulate --scenario cost2100-indoor --environments 2400 --ues 20 --samples 48000 --out train.npz
  edge-csi simulate --scenario umi --speed-kmh 30 --period-ms 5 --samples 10000 --out umi.npz
  edge-csi simulate --scenario cdl-c --delay-spread-ns 300 --antennas 64 --csi --snr-db 20 --out cdl.npz`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  await requireWritable(options.json);
  await requireWritable(options.out, '--out');
  await requireWritable(options.uplinkOut, '--uplink-out');
  checkTogether(options);
  const settings = settingsOf(options);
  await withInterruption((signal) => writeSamples(options, settings, signal));
}

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

/** @throws UsageError where options contradict each other. */
function checkTogether(options: Options): void {
  const { scenario, out } = options;
  if (!/\.np[yz]$/.test(out)) throw new UsageError(`--out is '${out}', name a file that ends in .npz or .npy`);
  if (out.endsWith('.npy') !== (options.uplinkOut !== undefined)) {
    throw new UsageError(
      'a .npy holds one band and a .npz both: name the uplink with --uplink-out for a .npy --out only',
    );
  }
  if (options.uplinkOut !== undefined) {
    if (!options.uplinkOut.endsWith('.npy')) {
      throw new UsageError(`--uplink-out is '${options.uplinkOut}', name a file that ends in .npy`);
    }
    if (path.resolve(options.uplinkOut) === path.resolve(out)) {
      throw new UsageError(`--out and --uplink-out are both '${out}'; give two names`);
    }
  }
  if (options.phases !== undefined && !isTr38901(scenario)) {
    throw new UsageError(`--phases belongs to 3GPP scenarios; those of ${scenario} follow from its paths`);
  }
  if (options.delaySpreadNs !== undefined && !isCdl(scenario)) {
    throw new UsageError(`--delay-spread-ns belongs to cdl scenarios; ${scenario} draws its own`);
  }
  if (isCsi(options)) {
    if ((options.delays ?? 32) > (options.subcarriers ?? 1024)) {
      throw new UsageError(`--delays is ${options.delays}, give at most --subcarriers, ${options.subcarriers ?? 1024}`);
    }
    const bytes = options.samples * 2 * 2 * 4 * (options.antennas ?? 32) * (options.delays ?? 32);
    if (out.endsWith('.npz') && bytes > maxNpzBytes) {
      throw new UsageError(
        `CSI would be ${bytes} bytes, a .npz holds ${maxNpzBytes}; give fewer --samples, or .npy names`,
      );
    }
    return;
  }
  for (const [option, flag] of csiOptions) {
    if (options[option] === undefined) continue;
    throw new UsageError(`${flag} is for CSI matrices, and a path list has none; add --csi, or leave it to the reader`);
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
    phases: options.phases ?? 'independent',
    delaySpreadNs: options.delaySpreadNs ?? 100,
  } as const;
}

async function openWriter(options: Options, settings: Settings): Promise<SampleWriter> {
  if (!isCsi(options)) {
    return openPathListWriter(options.out, isTr38901(settings.scenario));
  }
  const { antennas: numAntennas = 32, delays: numDelays = 32, snrDb } = options;
  const measure = createCsiPairs({
    ...settings,
    numAntennas,
    numDelays,
    bandwidthHz: (options.bandwidthMhz ?? 20) * 1e6,
    numSubcarriers: options.subcarriers ?? 1024,
    timing: options.timing ?? 'absolute',
    downlinkSnrDb: snrDb,
    uplinkSnrDb: options.uplinkSnrDb ?? snrDb,
  });
  const numValues = 2 * numAntennas * numDelays;
  return options.uplinkOut === undefined
    ? openCsiNpzWriter(options.out, numValues, measure)
    : openCsiNpyWriter(options.out, options.uplinkOut, numValues, measure);
}
