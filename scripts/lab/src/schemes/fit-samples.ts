import { setImmediate as nextTurn } from 'node:timers/promises';
import { normalizeSpherical, uplinkMagnitudeInto } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { usableSample } from '../data.ts';

/** Magnitudes of one sample in both bands, each divided by its norm, `[numEntries]`. */
export interface FitSample {
  readonly downlink: Float32Array;
  readonly uplink: Float32Array;
}

/** Samples between two turns of the event loop, in which a signal is seen. */
const block = 64;

/**
 * Reads samples to fit on, one after another so that none has to stay in memory: at most `limit`, spread evenly over
 * the file, as neighbours in it are often neighbours in space.
 *
 * @throws AbortError where the signal is aborted: a fit on some of the samples is none.
 */
export async function* fitSamples(source: CsiSource, limit: number, signal?: AbortSignal): AsyncGenerator<FitSample> {
  const count = Math.min(limit, source.numSamples);
  for (let i = 0; i < count; i++) {
    if (i % block === 0) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    const index = Math.floor((i * source.numSamples) / count);
    const downlink = normalizeSpherical(usableSample(source, 'downlink', index)).magnitude.values;
    const uplink = new Float32Array(downlink.length);
    uplinkMagnitudeInto(uplink, usableSample(source, 'uplink', index).values);
    yield { downlink, uplink };
  }
}
