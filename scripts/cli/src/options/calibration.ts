import path from 'node:path';
import type { Representation } from '@edge-csi/csi';
import type { Planes } from '@edge-csi/csi/complex';
import { type DataFlags, flagsFor, sha256Of } from '@edge-csi/lab/data';
import { type Calibration, readCalibration } from '@edge-csi/model-tools';
import type { AnyManifest } from '@edge-csi/models';
import { withProgress } from '../progress.ts';
import { type OptionsOf, optionGroup } from './command.ts';
import { createDataReader } from './data.ts';
import { integer } from './parse.ts';

/** The samples that a model is fitted on. */
export const withCalibration = optionGroup((command) =>
  command
    .requiredOption('--calibration <file>', 'samples to fit on, none of which is in --data; formats as of --data')
    .option('--calibration-uplink <file>', 'uplink CSI, where --calibration has the downlink only')
    .option('--calibration-samples <n>', 'at most, spread over the file', integer(16, 1e6), 8192),
);

type Given = Omit<DataFlags, 'data'> &
  OptionsOf<typeof withCalibration<[], Record<never, never>, Record<never, never>>>;

/** The file of a calibration, by name and bytes. */
export async function calibrationFile({ calibration }: Given): Promise<{ name: string; sha256: string }> {
  return { name: path.basename(calibration), sha256: await sha256Of(calibration) };
}

/**
 * Reads the samples that a model is fitted on.
 *
 * @param bands - both where its decoder reads the uplink
 */
export async function readGivenCalibration(
  given: Given,
  model: Pick<AnyManifest, 'csi'>,
  representation: Representation | Planes,
  bands: 'both' | 'downlink',
): Promise<Calibration> {
  const { calibration, calibrationUplink, calibrationSamples: limit } = given;
  const flags = {
    ...flagsFor(calibration, given),
    ...(calibrationUplink !== undefined && { uplink: calibrationUplink }),
  };
  const source = await createDataReader(flags).open(model);
  return withProgress('calibration', limit, (onProgress) =>
    readCalibration(source, representation, { limit, bands, onProgress }),
  );
}
