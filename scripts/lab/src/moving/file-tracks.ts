import { CsiError } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';

/**
 * Tells which samples of a file are reports of its UEs that come every so many slots.
 *
 * @param source - with the columns `ue` and `slot`
 * @param everySlots - slots from one report to the next
 * @returns indices of samples, UE by UE, in order; UEs without a second report are left out
 * @throws CsiError `file-format` where the file does not tell whose a sample is and when it was taken.
 */
export function fileTracks({ name, numSamples, columns: { ue, slot } }: CsiSource, everySlots: number): number[][] {
  if (ue === undefined || slot === undefined) {
    const missing = ue === undefined ? 'ue' : 'slot';
    throw new CsiError('file-format', `${name} has no column ${missing}: moving UEs take a file with ue and slot`);
  }
  const byUe = new Map<number, Map<number, number>>();
  for (let index = 0; index < numSamples; index++) {
    const samples = byUe.get(ue[index] as number) ?? new Map<number, number>();
    samples.set(slot[index] as number, index);
    byUe.set(ue[index] as number, samples);
  }
  return [...byUe.values()].flatMap((samples) => {
    const track: number[] = [];
    for (let at = Math.min(...samples.keys()); samples.has(at); at += everySlots) track.push(samples.get(at) as number);
    return track.length > 1 ? [track] : [];
  });
}
