import { describe, expect, test } from 'vitest';
import {
  LayerStatistician,
  measureStatistics,
  renderStatistics,
} from '../../../../scripts/model-tools/src/visualize/layer-statistics.ts';
import type { Layer } from '../../../../scripts/model-tools/src/visualize/layers.ts';
import { writeFamilyModel } from '../../../family-model.ts';
import { temporaryPath } from '../../csi/temporary.ts';
import { residualModel, residualSample } from './residual-model.ts';

const layer: Layer = {
  ...{ name: 'layer', kind: 'Conv', nodes: [], inputs: [], output: 'y', views: ['y'] },
  ...{ parameters: [], tied: [] },
};

function statisticsOf(dims: readonly number[], samples: readonly (readonly number[])[]) {
  const values = samples.map((sample) => ({ network: 'encoder', layer, dims, values: Float32Array.from(sample) }));
  const [first] = values;
  if (first === undefined) throw new RangeError('no samples');
  const statistician = new LayerStatistician(first);
  for (const each of values) statistician.add(each);
  for (const each of values) statistician.addAgain(each);
  return statistician.result();
}

describe('statistics of a layer', () => {
  test('mean, variance and states are of each channel over positions and samples', () => {
    const { channels, mean, variance } = statisticsOf(
      [3, 1, 2],
      [
        [1, -1, 4, 4, 0, 0],
        [3, -3, 4, 4, 0, 0],
      ],
    );
    expect(channels.map((channel) => [channel.mean, channel.variance, channel.state])).toEqual([
      [0, 5, 'alive'],
      [4, 0, 'constant'],
      [0, 0, 'dead'],
    ]);
    expect(mean).toBeCloseTo(4 / 3, 12);
    expect(variance).toBeCloseTo((5 + 0 + 0) / 3 + 32 / 9, 12);
  });

  test('sparsity is the share of values near the most frequent one', () => {
    const values = [...Array(90).fill(0.5), ...Array.from({ length: 10 }, (_, i) => 1 + i / 10)];
    expect(statisticsOf([10, 10], [values]).sparsity).toBeCloseTo(0.9, 12);
  });

  test('the effective rank counts directions: of channels where there are maps', () => {
    const a = [1, -1, 1, -1];
    const b = [1, 1, -1, -1];
    expect(statisticsOf([2, 2, 2], [[...a, ...b]]).effectiveRank).toBeCloseTo(2, 9);
    expect(statisticsOf([2, 2, 2], [[...a, ...a]]).effectiveRank).toBeCloseTo(1, 9);
    expect(statisticsOf([2, 2, 2], [[...a, ...b]]).fullRank).toBe(2);
  });

  test('the effective rank is of entries over samples where there is one map or a vector', () => {
    const samples = [
      [1, 0, 0],
      [-1, 0, 0],
      [0, 1, 0],
      [0, -1, 0],
    ];
    expect(statisticsOf([3], samples)).toMatchObject({ fullRank: 3 });
    expect(statisticsOf([3], samples).effectiveRank).toBeCloseTo(2, 9);
    expect(statisticsOf([3], [samples[0] as number[], samples[0] as number[]]).effectiveRank).toBe(0);
  });
});

test('a model with a dead channel is found to have one', async () => {
  const zoo = await temporaryPath('zoo');
  const model = await residualModel();
  await writeFamilyModel(zoo, model);
  const samples = Array.from({ length: 6 }, (_, i) => residualSample(i));
  const progress: number[] = [];
  const onProgress = (done: number, total: number) => progress.push(done / total);
  const layers = await measureStatistics({ manifest: model.manifest, zoo, samples, onProgress });
  const wide = layers.find((each) => each.layer === 'net.first');
  expect(wide?.channels.map(({ state }) => state)).toEqual(['alive', 'dead']);
  expect(layers.find((each) => each.layer === 'net.dense')?.channels).toHaveLength(8);
  expect(progress.at(-1)).toBe(1);
  expect(renderStatistics(layers)).toMatch(/net\.first +Conv +2 x 4 x 4 .*1 of 2 +0 of 2/);
});
