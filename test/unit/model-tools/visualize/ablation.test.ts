import { expect, test } from 'vitest';
import {
  type Ablation,
  measureAblations,
  rankAblations,
  renderAblations,
} from '../../../../scripts/model-tools/src/visualize/ablation.ts';
import { writeFamilyModel } from '../../../family-model.ts';
import { temporaryPath } from '../../csi/temporary.ts';
import { residualModel, residualSample } from './residual-model.ts';

async function ablate(channels: boolean) {
  const zoo = await temporaryPath('zoo');
  const model = await residualModel();
  await writeFamilyModel(zoo, model);
  const samples = Array.from({ length: 20 }, (_, i) => residualSample(i));
  const progress: number[] = [];
  const onProgress = (done: number, total: number) => progress.push(done / total);
  const run = await measureAblations({ manifest: model.manifest, zoo, samples, channels, onProgress });
  return { run, progress };
}

test('every part that can be left out is, with what that loses and saves', async () => {
  const { run, progress } = await ablate(true);
  const find = (name: string): Ablation => {
    const found = run.ablations.find((ablation) => ablation.name === name);
    if (found === undefined) throw new RangeError(name);
    return found;
  };
  const parts = run.ablations.map(({ network, name, how }) => `${network}: ${name}, ${how}`);
  expect(parts.slice(0, -8)).toEqual([
    'encoder: net.conv + norm + Relu, bypassed',
    'encoder: net.dense, zeroed',
    'encoder: net.norm, bypassed',
    'encoder: net.Relu, bypassed',
    'decoder: net.dense, zeroed',
    'decoder: net.first + LeakyRelu, zeroed',
    'decoder: net.second, zeroed',
    'decoder: net.LeakyRelu, bypassed',
    'decoder: net.Add without net.second, branch dropped',
    'decoder: net.Add without net.dense, branch dropped',
    'decoder: net.join without net.rest.Mul, branch dropped',
    'decoder: net.join without net.Add, branch dropped',
    'decoder: net.first + LeakyRelu, channel 0, channel zeroed',
    'decoder: net.first + LeakyRelu, channel 1, channel zeroed',
  ]);
  expect(parts.at(-1)).toBe('codeword: codeword component 7, component zeroed');
  // The encoder's convolution passes its input on: nothing is lost without it.
  expect(find('net.conv + norm + Relu')).toMatchObject({
    lostDb: 0,
    saved: { macs: 9 * 16, parameters: 9 + 8, bytes: 4 * 17 },
  });
  // A branch of convolutions that were never trained only does harm.
  const branch = find('net.Add without net.second');
  expect(branch.lostDb).toBeLessThan(-10);
  expect(branch.saved).toEqual({ macs: (2 + 2) * 9 * 16, parameters: 36, bytes: 144 });
  // Without the first of its convolutions the branch is a constant.
  expect(find('net.first + LeakyRelu').saved).toEqual(branch.saved);
  expect(find('net.second').nmseDb).toBeCloseTo(branch.nmseDb, 6);
  expect(find('net.first + LeakyRelu, channel 1').lostDb).toBe(0);
  expect(Math.abs(find('net.first + LeakyRelu, channel 0').lostDb)).toBeGreaterThan(0.1);
  expect(find('codeword component 3').saved).toEqual({ macs: 32, parameters: 34, bytes: 136 });
  expect(find('net.dense').nmseDb).toBeGreaterThan(-6);
  expect(progress.at(-1)).toBe(1);
});

test('channels and components can be left alone', async () => {
  const { run } = await ablate(false);
  expect(run.ablations.some(({ how }) => how === 'channel zeroed' || how === 'component zeroed')).toBe(false);
});

test('the best trade comes first, and what saves nothing last', () => {
  const ablation = (name: string, lostDb: number, macs: number, parameters: number): Ablation => {
    return {
      network: 'decoder',
      name,
      how: 'zeroed',
      nmseDb: lostDb - 20,
      lostDb,
      saved: { macs, parameters, bytes: 0 },
    };
  };
  const all = [
    ablation('dear', 3, 1e6, 10),
    ablation('free', 0, 0, 0),
    ablation('helps', -0.1, 1e6, 1000),
    ablation('cheap', 0.1, 1e6, 1),
  ];
  expect(rankAblations(all, 'macs').map(({ name }) => name)).toEqual(['helps', 'cheap', 'dear', 'free']);
  expect(rankAblations(all, 'parameters').map(({ name }) => name)).toEqual(['helps', 'cheap', 'dear', 'free']);
  expect(rankAblations(all, 'bytes').map(({ name }) => name)).toEqual(['helps', 'free', 'cheap', 'dear']);
  const table = renderAblations({ ablations: all, nmseDb: -20, samples: 4 }, 'macs', 2);
  expect(table).toContain('Whole model: -20.00 dB over 4 samples.');
  expect(table).toContain('2 more');
  expect(table).not.toContain('dear');
});
