import path from 'node:path';
import { Option } from '@commander-js/extra-typings';
import type { CsiDomain } from '@edge-csi/csi/files';
import { sha256Of } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { optionGroup } from './command.ts';

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
