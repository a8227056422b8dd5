import type { AngularDelayCsi } from '../../csi.ts';
import type { ChannelPaths } from '../../transform/channel-paths.ts';
import { createAxis, type PathAxis } from './axis.ts';
import { matrixInto, type PropagationPath } from './paths.ts';
import { applyResponseInto, createResponseKernel } from './response.ts';

/**
 * The matrix of a channel that is given as its paths.
 *
 * @param numDelays - taps that are kept
 * @returns in the angular-delay domain, as a decoder of path reports writes it
 *
 * @example
 * const { values } = pathsToAngularDelay(pathsAfter(paths, 10), 32);
 */
export function pathsToAngularDelay(paths: ChannelPaths, numDelays: number): AngularDelayCsi {
  const { antennas, numSubcarriers, coefficientsPerPath, spatialFrequency, delaySamples, gain, response } = paths;
  const numAntennas = antennas[0] * antennas[1];
  const axes: [PathAxis, PathAxis, PathAxis] = [
    createAxis(antennas[0], antennas[0]),
    createAxis(antennas[1], antennas[1]),
    createAxis(numSubcarriers, numDelays),
  ];
  const each = Array.from(delaySamples, (delay, k): PropagationPath => {
    const at = 2 * k * coefficientsPerPath;
    return {
      spatialFrequency: [spatialFrequency[2 * k] as number, spatialFrequency[2 * k + 1] as number],
      delaySamples: delay,
      gainRe: gain[at] as number,
      gainIm: gain[at + 1] as number,
    };
  });
  const values = new Float32Array(2 * numAntennas * numDelays);
  matrixInto(values, axes, each);
  if (response.length === 0) return { domain: 'angular-delay', numAntennas, numDelays, values };
  const part = (of: number) => Array.from({ length: numAntennas }, (_, n) => response[2 * n + of] as number);
  const put = new Float32Array(values.length);
  applyResponseInto(put, values, createResponseKernel(antennas, { re: part(0), im: part(1) }, false));
  return { domain: 'angular-delay', numAntennas, numDelays, values: put };
}
