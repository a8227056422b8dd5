import type { Interval } from '@edge-csi/lab/metrics/clustered-means';
import { fixed } from './fixed.ts';

/** A value and the ends of its interval, where it has one. */
export function withInterval(value: number | undefined, interval: Interval | undefined, digits: number): string {
  const shown = fixed(value, digits);
  return interval === undefined ? shown : `${shown} [${interval.map((end) => fixed(end, digits)).join(', ')}]`;
}

/** What intervals in brackets are, in a sentence. */
export function intervalNote({ samples, clusters }: { readonly samples: number; readonly clusters: number }): string {
  const over = clusters < samples ? `${clusters} environments` : `${clusters} samples, as if they were independent`;
  return `In brackets: 95 % bootstrap intervals over ${over}.`;
}
