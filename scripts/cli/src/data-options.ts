import type { CsiDomain } from '@edge-csi/csi/files';
import { type Command, Option } from 'commander';

/** Adds the options of `DataFlags` to a command. @param defaultData - without it, `--data` has to be given */
export function addDataOptions(command: Command, defaultData?: string): Command {
  const data = ['--data <file>', 'path-list .npz, or CSI as .npy, .npz or .mat (docs/data-formats.md)'] as const;
  const withData = defaultData === undefined ? command.requiredOption(...data) : command.option(...data, defaultData);
  return withData
    .option('--uplink <file>', 'uplink CSI, where --data has the downlink only')
    .option('--variable <name>', 'downlink variable of --data, where there are several')
    .option('--uplink-variable <name>', 'uplink variable, where its name does not tell')
    .addOption(
      new Option(
        '--layout <domain>',
        'what the last axis of complex arrays with three axes is: delays or subcarriers',
      ).choices(layouts),
    );
}

const layouts: readonly CsiDomain[] = ['angular-delay', 'spatial-frequency'];
