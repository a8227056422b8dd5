import path from 'node:path';
import { Option } from '@commander-js/extra-typings';
import type { CsiDomain } from '@edge-csi/csi/files';
import { sha256Of } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type OptionsOf, optionGroup } from './command.ts';
import { finite, integer } from './parse.ts';

const layouts = ['angular-delay', 'spatial-frequency'] as const satisfies readonly CsiDomain[];

/** Which file a command reads, and as what. @param file - without it, `--data` has to be given */
export const withData = (file?: string) =>
  optionGroup((command) =>
    command
      .requiredOption(
        '--data <file>',
        'path-list .npz, or CSI as .npy, .npz or .mat (docs/data-formats.md)',
        file as string,
      )
      .option('--uplink <file>', 'uplink CSI, where --data has the downlink only')
      .option('--variable <name>', 'downlink variable of --data, where there are several')
      .option('--uplink-variable <name>', 'uplink variable, where its name does not tell')
      .addOption(
        new Option(
          '--layout <domain>',
          'what the last axis of complex arrays with three axes is: delays or subcarriers',
        ).choices(layouts),
      ),
  );

/** The matrices that paths are synthesised into. */
export const withView = optionGroup((command) =>
  command
    .option('--antennas <n>', 'CSI: BS antennas', integer(1, 4096), 32)
    .option('--delays <n>', 'CSI: delay taps kept', integer(1, 4096), 32)
    .option('--subcarriers <n>', 'CSI of path lists: subcarriers', integer(1, 65_536), 1024)
    .option('--bandwidth-mhz <MHz>', 'CSI of path lists: bandwidth', finite(0.001, 1e5), 20)
    .addOption(
      new Option('--timing <reference>', 'CSI of path lists: what delay 0 is')
        .choices(['absolute', 'first-path'])
        .default('absolute'),
    ),
);

type View = OptionsOf<typeof withView<[], Record<never, never>, Record<never, never>>>;

/** The matrices that a command line asks for. @throws UsageError where there are fewer subcarriers than delays. */
export function viewOf({ antennas, delays, subcarriers, bandwidthMhz, timing }: View) {
  if (delays > subcarriers) {
    throw new UsageError(`--delays is ${delays}, give at most --subcarriers, ${subcarriers}`);
  }
  return {
    numAntennas: antennas,
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
