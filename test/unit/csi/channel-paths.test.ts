import { type ChannelPaths, evaluatePaths, pathCodecSpec, toAngularDelay } from '@edge-csi/csi';
import { createPathCodec } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { relativeError } from './golden.ts';
import { channelOf, drawPaths } from './paths/channel.ts';

const response = {
  re: Array.from({ length: 12 }, (_, n) => 1 + 0.05 * Math.cos(n)),
  im: Array.from({ length: 12 }, (_, n) => 0.1 * Math.sin(3 * n)),
};

function pathsOf(antennas: readonly [number, number], withResponse: boolean) {
  const array = withResponse ? { response } : {};
  const codec = createPathCodec(pathCodecSpec({ antennas, numDelays: 20, numSubcarriers: 64, ...array }));
  const drawn = drawPaths(codec, 3, 5);
  const paths: ChannelPaths = {
    antennas,
    numSubcarriers: 64,
    coefficientsPerPath: 1,
    spatialFrequency: Float32Array.from(drawn.flatMap(({ spatialFrequency }) => spatialFrequency)),
    delaySamples: Float32Array.from(drawn, ({ delaySamples }) => delaySamples),
    gain: Float32Array.from(drawn.flatMap(({ gainRe, gainIm }) => [gainRe, gainIm])),
    response: withResponse
      ? Float32Array.from(response.re.flatMap((re, n) => [re, response.im[n] as number]))
      : new Float32Array(0),
    dopplerCyclesPerSlot: new Float32Array(drawn.length),
    spanSlots: 0,
  };
  return { paths, matrix: channelOf(codec, drawn) };
}

describe('evaluatePaths', () => {
  it.each([false, true])('gives the channel that the decoder has as a matrix, with a response: %s', (withResponse) => {
    const { paths, matrix } = pathsOf([12, 1], withResponse);
    const { values } = toAngularDelay(evaluatePaths(paths), 20);
    expect(relativeError(values, matrix.values)).toBeLessThan(1e-5);
  });

  it('evaluates some antennas and subcarriers as it does all, of a planar array too', () => {
    const { paths } = pathsOf([4, 3], true);
    const all = evaluatePaths(paths);
    expect(all).toMatchObject({ numAntennas: 12, numSubcarriers: 64 });
    const antennas = [
      [3, 2],
      [0, 1],
    ] as const;
    const some = evaluatePaths(paths, { antennas, subcarriers: [60, 1] });
    const at = (k: number, n: number, part: number) => all.values[part * 12 * 64 + k * 12 + n];
    const wanted = [0, 1].flatMap((part) => [60, 1].flatMap((k) => [11, 1].map((n) => at(k, n, part))));
    expect([...some.values]).toEqual(wanted);
  });

  it('goes beyond the array and the band, where elements answer with 1', () => {
    const one: ChannelPaths = {
      antennas: [2, 1],
      numSubcarriers: 8,
      coefficientsPerPath: 2,
      spatialFrequency: Float32Array.of(0.25, 0),
      delaySamples: Float32Array.of(2),
      gain: Float32Array.of(1, 0, 0, 3),
      response: Float32Array.of(5, 0, 5, 0),
      dopplerCyclesPerSlot: new Float32Array(1),
      spanSlots: 0,
    };
    const beyond = { antennas: [[3, 0]], subcarriers: [9] } as const;
    // exp(-j 2 pi (3/4 + 9 * 2 / 8)) = exp(-j 6 pi) = 1.
    expect([...evaluatePaths(one, beyond).values].map((value) => Math.round(1e6 * value) / 1e6)).toEqual([1, 0]);
    const second = evaluatePaths(one, { ...beyond, coefficient: 1 }).values;
    expect([...second].map((value) => Math.abs(Math.round(1e6 * value) / 1e6))).toEqual([0, 3]);
    expect(() => evaluatePaths(one, { coefficient: 2 })).toThrow('coefficient is 2, must be an integer in 0..1');
  });

  it('gives zeros where there are no paths', () => {
    const none = {
      spatialFrequency: new Float32Array(0),
      delaySamples: new Float32Array(0),
      gain: new Float32Array(0),
    };
    const { values } = evaluatePaths({ ...pathsOf([12, 1], false).paths, ...none }, { subcarriers: [0] });
    expect([...values]).toEqual(Array(24).fill(0));
  });
});
