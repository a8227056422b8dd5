import type { AngularDelayCsi } from '@edge-csi/csi';
import type { Compared } from './comparison.ts';
import { element, setText } from './element.ts';
import { drawHeatMap, levelOf } from './heat-map.ts';
import type { ModelEvent } from './ue-messages.ts';

/** Draws the downlink alone: nothing has been decoded of it yet. */
export function drawTruth(truth: AngularDelayCsi): void {
  const power = powerOf(truth);
  drawPower('map-truth', truth, power, Math.max(...power));
}

/**
 * Draws downlink, estimate and their difference on one scale: 0 dB is the strongest entry of the downlink. Of an estimate
 * that knows no phases the difference is that of the magnitudes.
 */
export function drawCompared({ truth, estimate, quality }: Compared): void {
  const power = powerOf(truth);
  const estimatePower = powerOf(estimate);
  const reference = Math.max(...power);
  const hasPhases = quality !== 'uplink-only';
  const error = hasPhases
    ? powerOf({ ...truth, values: truth.values.map((value, i) => value - (estimate.values[i] as number)) })
    : power.map((p, entry) => (Math.sqrt(p) - Math.sqrt(estimatePower[entry] as number)) ** 2);
  drawPower('map-truth', truth, power, reference);
  drawPower('map-estimate', truth, estimatePower, reference);
  drawPower('map-error', truth, error, reference);
  setText('error-title', hasPhases ? '|H − Ĥ|' : '||H| − |Ĥ||, phases unknown');
}

/** Draws how many bits each entry's phase got, planes added up. */
export function drawBits({ shape, maxEntryBits }: ModelEvent, entryBits: Uint8Array): void {
  const { numAntennas, numDelays } = shape;
  const numEntries = numAntennas * numDelays;
  const hasTwoPlanes = entryBits.length === 2 * numEntries;
  const bitsAt = (entry: number) => (entryBits[entry] ?? 0) + (hasTwoPlanes ? (entryBits[numEntries + entry] ?? 0) : 0);
  const canvas = element('map-bits', HTMLCanvasElement);
  drawHeatMap(canvas, numAntennas, numDelays, (entry) => bitsAt(entry) / maxEntryBits);
}

function drawPower(id: string, { numAntennas, numDelays }: AngularDelayCsi, power: Float32Array, reference: number) {
  const canvas = element(id, HTMLCanvasElement);
  drawHeatMap(canvas, numAntennas, numDelays, (entry) => levelOf(power[entry] as number, reference));
}

function powerOf({ values }: AngularDelayCsi): Float32Array {
  const numEntries = values.length / 2;
  const power = new Float32Array(numEntries);
  for (let entry = 0; entry < numEntries; entry++) {
    power[entry] = (values[entry] as number) ** 2 + (values[numEntries + entry] as number) ** 2;
  }
  return power;
}
