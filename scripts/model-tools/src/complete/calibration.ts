import { CsiError, createUplinkInput, type Representation } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { usableSample } from '@edge-csi/lab/data';
import type { SampleMatrix } from '@edge-csi/lab/linear/regression';

/** Samples that a model is fitted on, as its networks see them. */
export interface Calibration {
  readonly numSamples: number;
  /** Input of the encoder. */
  readonly inputs: SampleMatrix;
  /** Uplink input of the decoder; zeros where it reads none. */
  readonly uplinks: SampleMatrix;
}

interface CalibrationOptions {
  /** Samples, at most. */
  readonly limit: number;
  /** What the model's networks read. */
  readonly bands: 'both' | 'downlink';
  readonly onProgress: (done: number) => void;
}

/** Below that there is nothing to choose ridges on, whatever the model. */
const leastSamples = 16;

/**
 * Reads samples spread evenly over a file: neighbours in it are often neighbours in space.
 *
 * @throws CsiError as `usableSample`, and `file-format` where the file has too few samples to fit on.
 */
export function readCalibration(
  source: CsiSource,
  representation: Representation,
  { limit, bands, onProgress }: CalibrationOptions,
): Calibration {
  const numSamples = Math.min(limit, source.numSamples);
  if (numSamples < leastSamples) {
    throw new CsiError(
      'file-format',
      `${source.name}: ${numSamples} samples, fitting a model takes ${leastSamples} or more`,
    );
  }
  const width = representation.numComponents;
  const inputs = { width, values: new Float32Array(numSamples * width) };
  const uplinks = { width, values: new Float32Array(numSamples * width) };
  const uplinkInto = createUplinkInput(representation);
  for (let i = 0; i < numSamples; i++) {
    const index = Math.floor((i * source.numSamples) / numSamples);
    const { input } = representation.normalize(usableSample(source, 'downlink', index));
    inputs.values.set(input.values, i * width);
    if (bands === 'both') {
      const uplink = usableSample(source, 'uplink', index, 'name its file with --calibration-uplink');
      uplinkInto(uplinks.values.subarray(i * width, (i + 1) * width), uplink.values);
    }
    onProgress(i + 1);
  }
  return { numSamples, inputs, uplinks };
}
