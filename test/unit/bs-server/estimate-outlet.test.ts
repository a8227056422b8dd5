import { describe, expect, it } from 'vitest';
import { Registry } from '../../../bs-server/src/ops/meters.ts';
import { ModelTally } from '../../../bs-server/src/ops/model-tally.ts';
import { createDistributions, Tally } from '../../../bs-server/src/ops/server-stats.ts';
import { EstimateOutlet } from '../../../bs-server/src/publish/estimate-outlet.ts';
import { EstimateStream, type PublishedEstimate } from '../../../bs-server/src/publish/estimate-stream.ts';
import { HeldEstimates } from '../../../bs-server/src/publish/held-estimates.ts';
import { PredictedEstimates } from '../../../bs-server/src/publish/predicted-estimates.ts';

/** What goes out for a lost report, some time after a report of a path that turns or of one that does not. */
function lostReport({ maxHoldMs, spanSlots }: { readonly maxHoldMs: number; readonly spanSlots: number }) {
  const out: string[] = [];
  let nowMs = 0;
  const clock = () => nowMs;
  const outlet: EstimateOutlet = new EstimateOutlet({
    stream: new EstimateStream(1e6),
    held: new HeldEstimates({ maxHoldMs, maxUes: 4 }),
    predicted: new PredictedEstimates({ everySlots: 0, slotMs: 1, maxUes: 4, clock, publish: () => undefined }),
    broadcast: ({ quality }) => out.push(quality),
    tally: new Tally(),
    modelTally: new ModelTally(),
    distributions: createDistributions(new Registry()),
    clock,
  });
  const values = Float32Array.of(1, 0);
  const report: Pick<PublishedEstimate, 'ueId' | 'epoch' | 'seq' | 'slot' | 'modelId' | 'quality'> = {
    ...{ ueId: 'a', epoch: 1, seq: 1, slot: 5, modelId: 'm', quality: 'fresh' },
  };
  outlet.decoded({
    ...report,
    ...{ payloadBits: 100, receivedMs: 0, queueMs: 0, decodeMs: 0, arrivalAgeMs: 0, published: true },
    ...{ shape: { numAntennas: 1, numDelays: 1 }, values },
    readPaths: () => ({
      ...{ antennas: [1, 1], numSubcarriers: 1, coefficientsPerPath: 1, spanSlots },
      spatialFrequency: Float32Array.of(0, 0),
      delaySamples: Float32Array.of(0),
      gain: Float32Array.of(1, 0),
      response: new Float32Array(0),
      dopplerCyclesPerSlot: Float32Array.of(0.01),
    }),
  });
  nowMs = 20;
  outlet.unreplaced('a', 1);
  return out;
}

describe('what stands in for a lost report', () => {
  it('is a prediction where the last report tells shifts, else the last estimate', () => {
    expect(lostReport({ maxHoldMs: 100, spanSlots: 60 })).toEqual(['predicted']);
    expect(lostReport({ maxHoldMs: 100, spanSlots: 0 })).toEqual(['held']);
  });

  it('is nothing where that would be older than estimates may be repeated', () => {
    expect(lostReport({ maxHoldMs: 10, spanSlots: 60 })).toEqual([]);
    expect(lostReport({ maxHoldMs: 0, spanSlots: 60 })).toEqual([]);
  });
});
