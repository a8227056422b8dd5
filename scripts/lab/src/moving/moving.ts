import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AngularDelayCsi,
  type BitString,
  CsiError,
  createBsCodec,
  createRandom,
  type PathsSpec,
  squaredErrorRatio,
} from '@edge-csi/csi';
import { openPathReports } from '@edge-csi/ue-client/paths';
import { ClusteredMeans, type Interval } from '../metrics/clustered-means.ts';
import { ratioToDb } from '../metrics/score.ts';

/** What both ends see of one UE at one report. */
export interface ReportSlot {
  readonly slot: number;
  /** As the UE measures it. */
  readonly measured: AngularDelayCsi;
  /** Without noise. */
  readonly truth: AngularDelayCsi;
  /** As the BS measures it; without it there are no hints. */
  readonly uplink: AngularDelayCsi | undefined;
}

/** What a UE may refer to. */
const movingSchemes = {
  paths: { hints: false, reports: false },
  'paths-hinted': { hints: true, reports: false },
  'paths-acknowledged': { hints: false, reports: true },
  'paths-known': { hints: true, reports: true },
} as const;
/** Name of one of them. */
export type MovingScheme = keyof typeof movingSchemes;

/** Reports of all UEs by one scheme at one price of a bit. */
export interface MovingPoint {
  readonly scheme: MovingScheme;
  /** Reports that never arrive. */
  readonly lossPercent: number;
  readonly bitPriceDb: number;
  /** Mean over reports. */
  readonly bits: number;
  /** Downlink bits of hints, over all reports. */
  readonly hintBits: number;
  /** Of all reports as they are made, lost ones too. */
  readonly nmseDb: number;
  /** 95 %, over UEs. */
  readonly interval?: Interval;
  readonly reports: number;
  /** Share of reports that refer to known paths. */
  readonly referring: number;
  /** Reports whose list the BS did not hold. */
  readonly refused: number;
}

export interface MovingOptions {
  /** Without Doppler shifts. */
  readonly spec: PathsSpec;
  /** The reports of each UE, in order. */
  readonly ues: Iterable<readonly ReportSlot[]>;
  readonly lossesPercent: readonly number[];
  /** Prices of a bit, dB of the energy of the channel. */
  readonly bitPricesDb: readonly number[];
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onUe: () => void;
}

const figures = ['error', 'bits', 'hintBits', 'referring', 'refused'] as const;

/**
 * Lets UEs report again and again with the memory of a session at both ends, as they move: alone, with hints, with reports that
 * have arrived, and with both. What the BS makes of a slot reaches the UE before its next report. A lost report counts by what
 * it would have told: figures differ by what a loss does to the reports after it.
 *
 * @example
 * const spec = pathsSpecOf(createPathManifest({ id: 'paths', csi: link }));
 * const points = await measureMoving({ spec, ues, lossesPercent: [0, 10], bitPricesDb: [-24, -28], seed: 1, signal, onUe });
 */
export async function measureMoving(options: MovingOptions): Promise<MovingPoint[]> {
  const { spec, ues, lossesPercent, bitPricesDb, seed, signal, onUe } = options;
  const encoder = await openPathReports(spec);
  const bs = createBsCodec(spec);
  const decoder = bs.createDecoder({}, 1);
  const hinter = bs.createHinter?.();
  const runs = (Object.keys(movingSchemes) as MovingScheme[]).flatMap((scheme) => {
    // A report that refers to no other loses nothing with it.
    const losses = movingSchemes[scheme].reports ? lossesPercent : [0];
    return losses.flatMap((lossPercent) =>
      bitPricesDb.map((bitPriceDb) => ({ scheme, lossPercent, bitPriceDb, means: new ClusteredMeans(figures) })),
    );
  });

  const carryAll = async (
    ue: number,
    slots: readonly ReportSlot[],
    hints: readonly (BitString | undefined)[],
    luck: readonly number[],
    { scheme, lossPercent, bitPriceDb, means }: (typeof runs)[number],
  ): Promise<void> => {
    const { hints: hasHints, reports: hasReports } = movingSchemes[scheme];
    const rate = { bitPriceTenthDb: Math.round(-10 * bitPriceDb), maxPayloadBits: 2000 };
    const atUe = encoder.createMemory?.();
    const atBs = bs.createMemory?.();
    for (const [i, { slot, measured, truth }] of slots.entries()) {
      const seq = i + 1;
      const payload = await encoder.encode(measured, rate, { slot, measured: [], memory: atUe?.recall() });
      const { reference } = payload;
      atUe?.sent(seq, payload);
      const memory = reference && atBs?.find(reference);
      const isRefused = reference !== undefined && memory === undefined;
      const isLost = (luck[i] as number) < lossPercent / 100;
      let error = 1;
      if (!isRefused) {
        const record = bs.receive({ ...payload, payloadBits: payload.payloadBits.total }, rate, memory);
        const estimate = { ...truth, values: new Float32Array(truth.values.length) };
        const [status] = await decoder.decode([{ record, uplink: undefined, estimate: estimate.values }]);
        if (status !== 'decoded')
          throw new CsiError('payload-invalid', `a report of our own did not decode: ${status}`);
        error = squaredErrorRatio(truth, estimate);
        if (!isLost) {
          atBs?.received(seq, record);
          atBs?.settled(seq, true);
        }
      }
      if (!isLost && (hasReports || isRefused)) atUe?.answered(seq, isRefused ? 'invalid' : 'decoded');
      const hint = hints[i];
      const isSent = hasHints && hint !== undefined && atBs?.hinted(seq, hint.bytes) === true;
      if (isSent) atUe?.hinted(seq, hint.bytes);
      means.add(ue, {
        error,
        bits: payload.payloadBits.total,
        hintBits: isSent ? hint.bitLength : 0,
        referring: reference === undefined ? 0 : 1,
        refused: isRefused ? 1 : 0,
      });
    }
  };

  let ue = 0;
  const random = createRandom(seed);
  for (const slots of ues) {
    if (signal.aborted) break;
    const hints = slots.map(({ uplink }) => uplink && hinter?.(uplink));
    const luck = slots.map(() => random.uniform());
    for (const run of runs) await carryAll(ue, slots, hints, luck, run);
    ue++;
    onUe();
    // Encoding takes long enough for a signal to wait.
    await nextTurn();
  }
  await encoder.close();
  return runs.flatMap(({ means, ...run }): MovingPoint[] => {
    const reports = means.numSamples;
    if (reports === 0) return [];
    const interval = means.intervals(createRandom(seed))?.error;
    return [
      {
        ...run,
        bits: means.mean('bits'),
        hintBits: means.mean('hintBits'),
        nmseDb: ratioToDb(means.mean('error')),
        ...(interval && { interval: [ratioToDb(interval[0]), ratioToDb(interval[1])] }),
        reports,
        referring: means.mean('referring'),
        refused: Math.round(means.mean('refused') * reports),
      },
    ];
  });
}

/** A figure of a curve at a number of bits, on the line between its points; undefined outside of them. */
export function lineAtBits<Point extends { readonly bits: number }>(
  points: readonly Point[],
  bits: number,
  figureOf: (point: Point) => number,
): number | undefined {
  const sorted = [...points].sort((a, b) => a.bits - b.bits);
  const next = sorted.findIndex((point) => point.bits >= bits);
  const [below, above] = [sorted[next - 1], sorted[next]];
  if (above === undefined) return undefined;
  if (below === undefined) return above.bits === bits ? figureOf(above) : undefined;
  const share = (bits - below.bits) / (above.bits - below.bits);
  return figureOf(below) + share * (figureOf(above) - figureOf(below));
}
