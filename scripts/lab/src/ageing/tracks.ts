import {
  type AngularDelayCsi,
  createRandom,
  createSynthesizer,
  defaultCarriers,
  type MeasuredCsi,
  type ScenarioName,
  type SimulationOptions,
  simulateChannel,
  withEstimationNoise,
} from '@edge-csi/csi';
import { type CsiView, standingUes } from '../data.ts';

/** One UE: what it measures up to a report, and the downlink at the ages of that. */
export interface Track {
  /** Before the report, oldest first. */
  readonly measured: readonly MeasuredCsi[];
  /** What the UE reports. */
  readonly report: MeasuredCsi;
  /** The downlink without noise at the ages of the report, by age. */
  readonly downlink: readonly AngularDelayCsi[];
  /** At the time of the report. */
  readonly uplink: AngularDelayCsi;
}

export interface TrackOptions {
  readonly scenario: ScenarioName;
  readonly numTracks: number;
  readonly speedKmh: number;
  readonly agesMs: readonly number[];
  readonly view: CsiView;
  readonly seed: number;
  /** Matrices that a UE measures before its report; none unless told. */
  readonly numMeasured?: number;
  /** From one of them to the next. */
  readonly measureMs?: number;
  /** Of what the UE measures; no noise unless told. */
  readonly snrDb?: number | undefined;
}

/**
 * Simulates UEs one after another, each in an environment of its own, so that tracks are independent. The same seed gives
 * the same UEs in the same places whatever their speed: tracks of different speeds begin with the same matrix.
 */
export function* simulateTracks(options: TrackOptions): Generator<Track> {
  const { agesMs, seed, numMeasured = 0, measureMs = 1, snrDb } = options;
  // A slot is 1 ms long.
  const measuredSlots = Array.from({ length: numMeasured }, (_, i) => i * measureMs);
  const reportSlot = numMeasured * measureMs;
  const slots = [...measuredSlots, ...agesMs.map((ageMs) => reportSlot + ageMs)];
  const noise = createRandom(seed);
  const measure = (csi: AngularDelayCsi) => (snrDb === undefined ? csi : withEstimationNoise(csi, snrDb, noise));
  for (const channels of simulateSlots({ ...options, slots })) {
    const later = channels.slice(numMeasured).map(({ downlink }) => downlink);
    yield {
      measured: channels.slice(0, numMeasured).map(({ slot, downlink }) => ({ slot, csi: measure(downlink) })),
      report: { slot: reportSlot, csi: measure(later[0] as AngularDelayCsi) },
      downlink: later,
      uplink: (channels[numMeasured] as SlotChannel).uplink(),
    };
  }
}

/** Both bands of one slot, without noise. */
export interface SlotChannel {
  readonly slot: number;
  readonly downlink: AngularDelayCsi;
  uplink(): AngularDelayCsi;
}

export interface SlotOptions extends Pick<TrackOptions, 'scenario' | 'numTracks' | 'speedKmh' | 'view' | 'seed'> {
  /** Rising; a slot is 1 ms long. */
  readonly slots: readonly number[];
}

/** Simulates UEs as `simulateTracks` does. @returns of each the channel in every slot */
export function* simulateSlots(options: SlotOptions): Generator<SlotChannel[]> {
  const { scenario, numTracks, speedKmh, slots, view, seed } = options;
  const settings: SimulationOptions = {
    ...standingUes(scenario, seed),
    ...defaultCarriers(scenario),
    speedKmh,
    sampleSlots: slots,
    numUes: 1,
    numEnvironments: numTracks,
    numSamples: numTracks * slots.length,
  };
  const { downlinkCarrierHz, uplinkCarrierHz } = settings;
  const synthesizer = (direction: 'downlink' | 'uplink', carrierHz: number) =>
    createSynthesizer({ ...view, downlinkCarrierHz, direction, carrierHz }, view, view.timing);
  const downlinkOf = synthesizer('downlink', downlinkCarrierHz);
  const uplinkOf = synthesizer('uplink', uplinkCarrierHz);
  let channels: SlotChannel[] = [];
  for (const { slot, paths } of simulateChannel(settings)) {
    channels.push({ slot, downlink: downlinkOf(paths, 0), uplink: () => uplinkOf(paths, 0) });
    if (channels.length < slots.length) continue;
    yield channels;
    channels = [];
  }
}

/** Slots that measurements of a UE may be apart. */
const measurePeriodsMs = [1, 2, 4, 5, 8, 10, 16, 20];

/**
 * How often a UE measures: about every fourteenth of a wavelength, so that shifts can be told apart, and at least every 20 ms.
 *
 * @returns ms, a whole slot at least
 */
export function measurePeriodMs(speedKmh: number, carrierHz: number): number {
  const wavelengthM = 299_792_458 / carrierHz;
  const wantedMs = ((wavelengthM / 14) * 3600) / speedKmh;
  return measurePeriodsMs.findLast((periodMs) => periodMs <= wantedMs) ?? 1;
}
