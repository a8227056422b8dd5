import { describe, expect, it } from 'vitest';
import type { ExecutionProvider } from '../../../bs-server/src/decode/graph.ts';
import { chooseProvider } from '../../../bs-server/src/decode/provider.ts';

/** Providers that take a set time for a batch, or do not open where none is set. */
function createBench(batchMs: { readonly [P in ExecutionProvider]?: number }) {
  let nowMs = 0;
  const open: ExecutionProvider[] = [];
  const openCandidate = (provider: ExecutionProvider) => {
    const ms = batchMs[provider];
    if (ms === undefined) return Promise.reject(new Error(`no ${provider} here`));
    open.push(provider);
    const run = () => {
      nowMs += ms;
      return ms < 0 ? Promise.reject(new Error('device lost')) : Promise.resolve();
    };
    return Promise.resolve({
      warmUp: run,
      decodeFullBatch: run,
      release: () => {
        open.splice(open.indexOf(provider), 1);
        return Promise.resolve();
      },
    });
  };
  const choose = (providers: readonly ExecutionProvider[]) => chooseProvider(providers, openCandidate, () => nowMs);
  return { choose, open };
}

describe('chooseProvider', () => {
  it('takes the first that works and is no slower than the CPU', async () => {
    const { choose, open } = createBench({ webgpu: 1, cpu: 5 });
    const choice = await choose(['cuda', 'webgpu', 'cpu']);
    expect(choice.provider).toBe('webgpu');
    expect(choice.attempts).toEqual([
      { provider: 'cuda', outcome: 'unavailable', message: 'no cuda here' },
      { provider: 'webgpu', outcome: 'serves', batchMs: 1 },
    ]);
    expect(open).toEqual(['webgpu']);
  });

  it('passes over one that is slower than the CPU and releases it', async () => {
    const { choose, open } = createBench({ webgpu: 600, cpu: 5 });
    const choice = await choose(['webgpu', 'cpu']);
    expect(choice.provider).toBe('cpu');
    expect(choice.attempts).toEqual([
      { provider: 'webgpu', outcome: 'slower-than-cpu', batchMs: 600 },
      { provider: 'cpu', outcome: 'serves', batchMs: 5 },
    ]);
    expect(open).toEqual(['cpu']);
  });

  it('compares with nothing where the CPU is not in the list', async () => {
    const { choose, open } = createBench({ webgpu: 600, cpu: 5 });
    expect((await choose(['webgpu'])).provider).toBe('webgpu');
    expect(open).toEqual(['webgpu']);
  });

  it('passes over one that fails in its first runs and releases it', async () => {
    const { choose, open } = createBench({ cuda: -1, cpu: 5 });
    const choice = await choose(['cuda', 'cpu']);
    expect(choice.provider).toBe('cpu');
    expect(choice.attempts[0]).toEqual({ provider: 'cuda', outcome: 'unavailable', message: 'device lost' });
    expect(open).toEqual(['cpu']);
  });

  it('rejects with every reason where none works', async () => {
    const { choose } = createBench({});
    await expect(choose(['cuda', 'cpu'])).rejects.toThrow('cuda: no cuda here; cpu: no cpu here');
  });
});
