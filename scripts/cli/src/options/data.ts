import path from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { PlanarArray } from '@edge-csi/csi';
import type { CsiDomain, CsiScale, CsiSource } from '@edge-csi/csi/files';
import {
  type AntennaErrors,
  type CsiTaker,
  type DataFlags,
  dataFor,
  openData,
  requireUsable,
  sampleCount,
  sha256Of,
} from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type OptionsOf, optionGroup } from './command.ts';
import { finite, integer } from './parse.ts';

const layouts = ['angular-delay', 'spatial-frequency'] as const satisfies readonly CsiDomain[];

/** The array that CSI is of. */
export const arrayOption = [
  '--array <axes>',
  'elements of a planar array along its axes, like 8x4, whose antenna (i, j) is number 4 i + j; default a linear one',
  (text: string): PlanarArray => {
    const [one = 0, two = 0, ...more] = text.split('x').map(Number);
    const valid = more.length === 0 && [one, two].every((count) => Number.isInteger(count) && count >= 1);
    if (valid && one * two <= 1024) return [one, two];
    throw new InvalidArgumentError('give two counts of together at most 1024 elements, like 8x4');
  },
] as const;

/** Parser of errors of antennas, `phase,gain` or `phase,gain,seed`. */
function antennaErrors(text: string): AntennaErrors {
  const [phaseRmsDeg = -1, gainRmsDb = -1, seed = 1, ...more] = text.split(',').map(Number);
  const valid = phaseRmsDeg >= 0 && phaseRmsDeg <= 180 && gainRmsDb >= 0 && gainRmsDb <= 20 && Number.isInteger(seed);
  if (valid && more.length === 0) return { phaseRmsDeg, gainRmsDb, seed };
  throw new InvalidArgumentError('give degrees and dB, both rms, like 3,0.3, and a seed behind them where it is not 1');
}

/** Which variables of a file are CSI, and as what they are read, where that is left open. */
export const withVariables = optionGroup((command) =>
  command
    .option('--variable <name>', 'downlink variable, where there are several; RE,IM where its parts are two')
    .option('--uplink-variable <name>', 'uplink variable, where its name does not tell')
    .addOption(
      new Option('--layout <domain>', 'what the last axis of an array is: delays or subcarriers').choices(layouts),
    )
    .option(
      '--scale <factor>',
      "multiply CSI by a number; unit: each UE's to norm 1, as is done anyway where a model cannot take the norms",
      scale,
    ),
);

/** As what a command reads its file. */
export const withReading = optionGroup((command) =>
  withVariables(command.option('--uplink <file>', 'uplink CSI, where --data has the downlink only'))
    .option(...arrayOption)
    .option(
      '--antenna-errors <errors>',
      'errors that no model knows of, put on the downlink of every antenna: degrees and dB rms, like 3,0.3',
      antennaErrors,
    ),
);

/** Which file a command reads, and as what. @param file - without it, `--data` has to be given */
export const withData = (file?: string) =>
  optionGroup((command) =>
    withReading(
      command.requiredOption(
        '--data <file>',
        'path-list .npz, or CSI as .npy, .npz or .mat (docs/data-formats.md)',
        file as string,
      ),
    ),
  );

/** Parser of `--scale`. */
function scale(text: string): CsiScale {
  const factor = Number(text);
  if (text === 'unit') return text;
  if (text.trim() !== '' && factor > 0 && factor < Number.POSITIVE_INFINITY) return factor;
  throw new InvalidArgumentError('give a number above 0, or unit');
}

/** Reads the data of a command line, for one model after another. */
export interface DataReader {
  /** Opens a file as a model wants it; of one that is open already, the same source. */
  open(model: CsiTaker, flags?: DataFlags): Promise<CsiSource>;
  /**
   * Looks at the first samples, or all, as each of some models wants them: what would fail once others are measured fails before.
   *
   * @throws CsiError naming the sample that is of no use
   */
  check(models: readonly CsiTaker[], samples: number | undefined): Promise<void>;
}

/**
 * Creates what reads the data of a command line. What is told from values rather than by options stands on stderr, once.
 *
 * @param given - what the command line says, of its `--data`
 */
export function createDataReader(given: DataFlags): DataReader {
  const sources = new Map<string, Promise<CsiSource>>();
  const said = new Set<string>();
  const open: DataReader['open'] = async (model, flags = given) => {
    const options = dataFor(model, flags);
    const key = JSON.stringify(options);
    const opening = sources.get(key) ?? openData(options);
    sources.set(key, opening);
    const source = await opening;
    for (const note of source.notes) {
      const line = `${source.name}: ${note}\n`;
      if (!said.has(line)) process.stderr.write(line);
      said.add(line);
    }
    return source;
  };
  return {
    open,
    async check(models, samples) {
      for (const source of new Set(await Promise.all(models.map((model) => open(model))))) {
        requireUsable(source, Array(sampleCount(source, samples)).keys());
      }
    },
  };
}

/** The matrices that paths are synthesised into. */
export const withView = optionGroup((command) =>
  command
    .option('--antennas <n>', 'CSI: BS antennas of a linear array; default 32', integer(1, 4096))
    .option('--delays <n>', 'CSI: delay taps kept', integer(1, 4096), 32)
    .option('--subcarriers <n>', 'CSI of path lists: subcarriers', integer(1, 65_536), 1024)
    .option('--bandwidth-mhz <MHz>', 'CSI of path lists: bandwidth', finite(0.001, 1e5), 20)
    .addOption(
      new Option('--timing <reference>', 'CSI of path lists: what delay 0 is')
        .choices(['absolute', 'first-path'])
        .default('absolute'),
    ),
);

type View = OptionsOf<typeof withView<[], Record<never, never>, Record<never, never>>> & {
  readonly array?: PlanarArray | undefined;
};

/** The antennas that a command line asks for; undefined where it does not. @throws UsageError where it does so twice. */
export function antennasOf({ antennas, array }: Pick<View, 'antennas' | 'array'>): number | undefined {
  if (array === undefined) return antennas;
  if (antennas === undefined) return array[0] * array[1];
  throw new UsageError('--antennas and --array both give the array; give one of them');
}

/** The matrices that a command line asks for. @throws UsageError where there are fewer subcarriers than delays. */
export function viewOf(view: View) {
  const { delays, subcarriers, bandwidthMhz, timing } = view;
  if (delays > subcarriers) {
    throw new UsageError(`--delays is ${delays}, give at most --subcarriers, ${subcarriers}`);
  }
  return {
    numAntennas: antennasOf(view) ?? 32,
    numDelays: delays,
    numSubcarriers: subcarriers,
    bandwidthHz: bandwidthMhz * 1e6,
    timing,
  };
}

/**
 * Refuses bytes in two roles: fitted or chosen on what they are measured on, figures would flatter.
 *
 * @param roles - files by the option that names them
 * @throws UsageError where two are the same data.
 */
export async function requireApart(roles: Readonly<Record<string, string | undefined>>): Promise<void> {
  const seen = new Map<string, string>();
  for (const [option, file] of Object.entries(roles)) {
    if (file === undefined) continue;
    const hash = await sha256Of(file);
    const earlier = seen.get(hash);
    if (earlier !== undefined) {
      throw new UsageError(`${option} and ${earlier} are the same data (${path.basename(file)}); give another file`);
    }
    seen.set(hash, option);
  }
}
