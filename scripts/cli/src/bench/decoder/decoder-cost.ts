import type { ExecutionProvider } from '@edge-csi/bs-server';
import { openRawDecoder, type RawDecoder, rawReportsPerSecond } from '@edge-csi/lab';
import { lowerMedian } from '@edge-csi/lab/metrics';
import type { Manifest } from '@edge-csi/models';
import { eachUntilInterrupted } from '../../interruption.ts';

/** Decoder throughput of one model, the refiner left out. */
export interface DecoderCost {
  readonly model: string;
  readonly codewordLength: number;
  readonly batchSize: number;
  readonly provider: ExecutionProvider;
  /** Of each round, on one thread where it runs on the CPU. */
  readonly reportsPerSecond: readonly number[];
  /** Median over rounds of this model's rate by that of the first model, taken in the same round. */
  readonly ratio: number;
}

export interface DecoderCostOptions {
  /** The first is what the others are compared with. */
  readonly manifests: readonly Manifest[];
  readonly zoo: string;
  readonly batchSize: number;
  readonly provider: ExecutionProvider;
  readonly rounds: number;
  readonly secondsPerRound: number;
  /** Ends the measurement after the round under way. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** Measures decoders in turn, round by round, so that a machine whose speed drifts treats all alike. */
export async function measureDecoderCost(options: DecoderCostOptions): Promise<DecoderCost[]> {
  const { manifests, zoo, batchSize, provider, signal } = options;
  const decoders: RawDecoder[] = [];
  for (const manifest of manifests) {
    decoders.push(await openRawDecoder({ manifest, zoo, batchSize, provider, refine: false }));
  }
  const rounds = Array.from({ length: options.rounds }, (_, round) => round);
  const rates = await eachUntilInterrupted(rounds, signal, async (round) => {
    const ofRound: number[] = [];
    for (const decoder of decoders) {
      ofRound.push(await rawReportsPerSecond(decoder, batchSize, options.secondsPerRound, signal));
    }
    options.onProgress(round + 1);
    return ofRound;
  });
  for (const decoder of decoders) await decoder.close();
  if (rates.length === 0) return [];
  return manifests.map((manifest, i) => {
    const reportsPerSecond = rates.map((ofRound) => ofRound[i] as number);
    return {
      model: manifest.id,
      codewordLength: manifest.codeword.length,
      batchSize,
      provider,
      reportsPerSecond,
      ratio: lowerMedian(rates.map((ofRound) => (ofRound[i] as number) / (ofRound[0] as number))),
    };
  });
}
