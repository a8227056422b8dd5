import type { ExecutionProvider } from './graph.ts';

/** Something loaded on one provider that can be timed. */
export interface Candidate {
  /** Decodes batches of zeros of every size that is warmed up for. */
  warmUp(): Promise<void>;
  /** Decodes one full batch of zeros. */
  decodeFullBatch(): Promise<void>;
  release(): Promise<void>;
}

/** How one provider did at start. */
export interface ProviderAttempt {
  readonly provider: ExecutionProvider;
  readonly outcome: 'serves' | 'unavailable' | 'slower-than-cpu';
  /** Median time of a full batch, where it was measured. */
  readonly batchMs?: number;
  /** Why it is unavailable. */
  readonly message?: string;
}

export interface ProviderChoice<C extends Candidate> {
  readonly provider: ExecutionProvider;
  readonly candidate: C;
  readonly attempts: readonly ProviderAttempt[];
}

const warmUpRuns = 2;
const timedRuns = 5;

/**
 * Opens the first provider of the list that works and, where `cpu` is in the list too, is no slower than it: a
 * software GPU driver loads without complaint and decodes at a hundredth of the speed.
 *
 * @param open - loads the networks on a provider; rejects where that is not possible
 * @param clock - monotonic milliseconds
 * @throws Error, with every provider's own error in its message, where none works.
 */
export async function chooseProvider<C extends Candidate>(
  providers: readonly ExecutionProvider[],
  open: (provider: ExecutionProvider) => Promise<C>,
  clock: () => number,
): Promise<ProviderChoice<C>> {
  const attempts: ProviderAttempt[] = [];
  let cpu: { candidate: C; batchMs: number } | undefined;
  for (const provider of providers) {
    const candidate = cpu !== undefined && provider === 'cpu' ? cpu.candidate : await tryOpen(provider, open, attempts);
    if (candidate === undefined) continue;
    if (provider === 'cpu' || !providers.includes('cpu')) {
      attempts.push({ provider, outcome: 'serves', ...(cpu === undefined ? {} : { batchMs: cpu.batchMs }) });
      return { provider, candidate, attempts };
    }
    const batchMs = await timeBatch(candidate, clock);
    if (cpu === undefined) {
      const opened = await open('cpu');
      cpu = { candidate: opened, batchMs: await timeBatch(opened, clock) };
    }
    if (batchMs <= cpu.batchMs) {
      await cpu.candidate.release();
      attempts.push({ provider, outcome: 'serves', batchMs });
      return { provider, candidate, attempts };
    }
    attempts.push({ provider, outcome: 'slower-than-cpu', batchMs });
    await candidate.release();
  }
  const reasons = attempts.map(({ provider, message }) => `${provider}: ${message}`).join('; ');
  throw new Error(`no execution provider of ${providers.join(', ')} works (${reasons})`);
}

/** The networks on a provider after their first runs, or undefined and one more failed attempt. */
async function tryOpen<C extends Candidate>(
  provider: ExecutionProvider,
  open: (provider: ExecutionProvider) => Promise<C>,
  attempts: ProviderAttempt[],
): Promise<C | undefined> {
  let candidate: C | undefined;
  try {
    candidate = await open(provider);
    for (let run = 0; run < warmUpRuns; run++) await candidate.warmUp();
    return candidate;
  } catch (error) {
    await candidate?.release();
    attempts.push({
      provider,
      outcome: 'unavailable',
      message: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}

async function timeBatch(candidate: Candidate, clock: () => number): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < timedRuns; run++) {
    const startMs = clock();
    await candidate.decodeFullBatch();
    times.push(clock() - startMs);
  }
  return times.sort((a, b) => a - b)[timedRuns >> 1] as number;
}
