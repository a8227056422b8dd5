import { type AngularDelayCsi, type ArrayResponse, applyArrayResponse, pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec, estimateArrayResponse } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { drawAntennaErrors } from '../../../../scripts/lab/src/data.ts';
import { channelOf, drawPaths, errorOf } from './channel.ts';

const errors = { phaseRmsDeg: 3, gainRmsDb: 0.3, seed: 1 };

describe.each([
  ['linear', [16, 1] as const],
  ['planar', [6, 4] as const],
])('the response of a %s array', (_, antennas) => {
  const [one, two] = antennas;
  const spec = pathCodecSpec({ antennas, numDelays: 16, numSubcarriers: 256 });
  const codec = createPathCodec(spec);
  const response = drawAntennaErrors(one * two, errors);
  const channels = Array.from({ length: 80 }, (__, i) =>
    applyArrayResponse(channelOf(codec, drawPaths(codec, 500 + i, 6)), response, antennas),
  );
  const [fitted, others] = [channels.slice(0, 40), channels.slice(40)];
  const estimate = estimateArrayResponse(spec, fitted);

  it('is found to a hundredth of the errors, but for what no channel tells', () => {
    expect(distance(estimate, response, antennas)).toBeLessThan(0.01 * distance(ones(one * two), response, antennas));
    const power = estimate.re.map((re, antenna) => re * re + (estimate.im[antenna] as number) ** 2);
    expect(power.reduce((sum, x) => sum + x, 0) / power.length).toBeCloseTo(1, 6);
    expect(estimate.im.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 6);
  });

  it('makes reports of other channels as accurate as those of an array without errors', () => {
    const report = (known: ArrayResponse | undefined, of: readonly AngularDelayCsi[]) => {
      const own = createPathCodec({ ...spec, ...(known && { response: known }) });
      const ratios = of.map((csi) => errorOf(own, csi, own.encode(csi, { mode: 'cap', maxBits: 180 }).payload));
      return 10 * Math.log10(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length);
    };
    const ideal = Array.from({ length: 40 }, (__, i) => channelOf(codec, drawPaths(codec, 540 + i, 6)));
    const without = report(undefined, others);
    const withIt = report(estimate, others);
    expect(withIt).toBeLessThan(report(undefined, ideal) + 0.5);
    expect(withIt).toBeLessThan(without - 1);
  });
});

it('an antenna that hears nothing is named', () => {
  const spec = pathCodecSpec({ antennas: 8, numDelays: 8, numSubcarriers: 64 });
  const codec = createPathCodec(spec);
  const dead = { re: [1, 1, 1, 1, 1, 0, 1, 1], im: new Array<number>(8).fill(0) };
  const channels = Array.from({ length: 4 }, (_, i) =>
    applyArrayResponse(channelOf(codec, drawPaths(codec, i, 2)), dead),
  );
  expect(() => estimateArrayResponse(spec, channels)).toThrow('response of antenna 5');
});

function ones(count: number): ArrayResponse {
  return { re: new Array<number>(count).fill(1), im: new Array<number>(count).fill(0) };
}

/** Energy by which two responses differ, at the best common gain and the best shift of angles along either axis. */
function distance(a: ArrayResponse, b: ArrayResponse, [one, two]: readonly [number, number]): number {
  let least = Number.POSITIVE_INFINITY;
  const slopes = Array.from({ length: 81 }, (_, i) => (i - 40) * 0.0025);
  for (const slopeOne of slopes) {
    for (const slopeTwo of two === 1 ? [0] : slopes) {
      let re = 0;
      let im = 0;
      let own = 0;
      let other = 0;
      for (let antenna = 0; antenna < one * two; antenna++) {
        const turn = slopeOne * Math.floor(antenna / two) + slopeTwo * (antenna % two);
        const [x, y] = [a.re[antenna] as number, a.im[antenna] as number];
        const u = x * Math.cos(turn) - y * Math.sin(turn);
        const v = x * Math.sin(turn) + y * Math.cos(turn);
        const [p, q] = [b.re[antenna] as number, b.im[antenna] as number];
        re += u * p + v * q;
        im += u * q - v * p;
        own += u * u + v * v;
        other += p * p + q * q;
      }
      least = Math.min(least, (other - (re * re + im * im) / own) / other);
    }
  }
  return least;
}
