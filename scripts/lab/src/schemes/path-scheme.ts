import { type AngularDelayCsi, type PathCodecSpec, pathCodecSpec } from '@edge-csi/csi';
import {
  createPathCodec,
  createPathHinter,
  hintBits,
  indoorPathTables,
  type KnownPaths,
  type PathRate,
} from '@edge-csi/csi/paths';
import { createPathEncoder, type PathEncoder } from '@edge-csi/ue-client/paths';
import type { LinkSample } from '../link/transceiver.ts';
import type { DownlinkSample, Scheme, Setting } from './scheme.ts';

/** What path reports need to know of a link; nothing of its carriers. */
export interface PathLink {
  readonly numAntennas: number;
  readonly numDelays: number;
  readonly numSubcarriers: number;
}

/** Paths of a report at most: rich channels at 2,000 bits have no more. */
const maxPaths = 64;
/** Prices of a bit, in dB of the channel's energy: close enough for curves to have a point at least every 25 bits. */
const pricesDb = Array.from({ length: 61 }, (_, i) => -15 - 0.75 * i);
/** Caps, in bits. */
const caps = [
  ...[50, 60, 70, 80, 100, 125, 150, 175, 200, 225, 250, 275, 300, 325, 350, 375, 400],
  ...[450, 500, 600, 700, 850, 1000, 1330, 1700, 2000],
];

/**
 * Path reports as two schemes: `paths` at one price of a bit for all, so that simple channels end early; `paths-cap` with no report
 * longer than a cap, whose bits are the cap.
 *
 * @param spec - from `pathSpecOf`, or one fitted to a site
 * @example
 * const [paths] = pathSchemes(pathSpecOf({ numAntennas: 32, numDelays: 32, numSubcarriers: 1024 }));
 * const curve = await sweep(paths, { select: samples, measure: samples }, () => undefined);
 */
export function pathSchemes(
  spec: PathCodecSpec,
): readonly [paths: Scheme<DownlinkSample>, capped: Scheme<DownlinkSample>] {
  return [
    pathScheme(
      'paths',
      spec,
      pricesDb.map((bitPriceDb) => ({ bitPriceDb })),
      priceOf,
    ),
    pathScheme(
      'paths-cap',
      spec,
      caps.map((maxBits) => ({ maxBits })),
      ({ maxBits = 0 }) => ({ mode: 'cap', maxBits }),
    ),
  ];
}

/** Prices of a bit where each report is made twice. */
const sparsePricesDb = pricesDb.filter((_, i) => i % 2 === 0);

/**
 * Path reports that may refer to a hint: `paths-known`. The BS makes one of the uplink for every report, the dearest case, and its
 * bits are counted as `hintBits`.
 *
 * @param carrierRatio - downlink carrier over uplink carrier
 * @example
 * const scheme = knownPathScheme(spec, 5.3e9 / 5.1e9);
 * const curve = await sweep(scheme, { select: samples, measure: samples }, () => undefined);
 */
export function knownPathScheme(spec: PathCodecSpec, carrierRatio: number): Scheme {
  const codec = createPathCodec(spec);
  const hintOf = createPathHinter(spec, carrierRatio);
  let opened: Promise<PathEncoder> | undefined;
  const hints = new WeakMap<AngularDelayCsi, KnownPaths>();
  const knownTo = ({ uplink }: LinkSample): KnownPaths | undefined => {
    if (uplink === undefined) return undefined;
    const known = hints.get(uplink) ?? hintOf(uplink, 1);
    hints.set(uplink, known);
    return known;
  };
  return {
    name: 'paths-known',
    family: 'paths',
    settings: sparsePricesDb.map((bitPriceDb) => ({ bitPriceDb })),
    carry: async (samples, setting, onReport) => {
      opened ??= createPathEncoder(spec);
      const encoder = await opened;
      for (const [index, sample] of samples.entries()) {
        const { downlink, noiseVariance = 0 } = sample;
        const known = knownTo(sample);
        const report = encoder.encode(downlink, { ...priceOf(setting), noiseVariance }, known);
        const values = new Float32Array(downlink.values.length);
        codec.decodeInto(values, report.payload, report.bits, report.knownVersion === undefined ? undefined : known);
        onReport(index, report.bits, { ...downlink, values }, known && hintBits(spec, known));
      }
    },
  };
}

function priceOf({ bitPriceDb = 0 }: Setting): PathRate {
  return { mode: 'quality', bitPrice: 10 ** (bitPriceDb / 10) };
}

/** The spec of any link: tables of COST 2100 indoors where they are of its shape, generic ones elsewhere; nothing is fitted to data. */
export function pathSpecOf({ numAntennas, numDelays, numSubcarriers }: PathLink): PathCodecSpec {
  const options = { antennas: numAntennas, numDelays, numSubcarriers, maxPaths };
  return pathCodecSpec(numAntennas === 32 && numDelays === 32 ? { ...options, tables: indoorPathTables } : options);
}

function pathScheme(
  name: string,
  spec: PathCodecSpec,
  settings: readonly Setting[],
  rateOf: (setting: Setting) => PathRate,
): Scheme<DownlinkSample> {
  const codec = createPathCodec(spec);
  let opened: Promise<PathEncoder> | undefined;
  return {
    name,
    family: 'paths',
    settings,
    carry: async (samples, setting, onReport) => {
      const rate = rateOf(setting);
      opened ??= createPathEncoder(spec);
      const encoder = await opened;
      for (const [index, { downlink, noiseVariance = 0 }] of samples.entries()) {
        const { payload, bits } = encoder.encode(downlink, { ...rate, noiseVariance });
        const values = new Float32Array(downlink.values.length);
        codec.reconstructInto(values, codec.decodePaths(payload, bits));
        const estimate: AngularDelayCsi = { ...downlink, values };
        onReport(index, rate.mode === 'cap' ? rate.maxBits : bits, estimate);
      }
    },
  };
}
