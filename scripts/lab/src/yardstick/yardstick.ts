import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AngularDelayCsi, type Random, type ScaleSpec, withEstimationNoise } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { ReportNetworks } from '@edge-csi/models';
import { linkSamples, spreadIndices } from '../data.ts';
import type { LinkSample } from '../link/transceiver.ts';
import { fitSamples } from '../schemes/baselines.ts';
import { createEType2Scheme, etype2Antennas } from '../schemes/etype2-scheme.ts';
import { type PathLink, pathSchemes, pathSpecOf } from '../schemes/path-scheme.ts';
import {
  measureScheme,
  openNetworkScheme,
  type RatePoint,
  type Scheme,
  type Setting,
  sweep,
} from '../schemes/scheme.ts';
import { strongestEntries } from '../schemes/topk-codebook.ts';
import { createTopKScheme, mostEntries } from '../schemes/topk-scheme.ts';

/** Channels that schemes are compared on. */
export interface YardstickOptions {
  /** As both ends measure them, at any scale. */
  readonly samples: readonly LinkSample[];
  /** What top-K's odds are counted on: other channels than those measured on. */
  readonly training: CsiSource;
  readonly trainingSamples: number;
  readonly link: PathLink;
  /** Of the norm that top-K sends. */
  readonly scale: ScaleSpec;
  /** Spherical models of the link's shape. */
  readonly networks: readonly ReportNetworks[];
  readonly zoo: string;
  /** Of the intervals. */
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears the scheme under way and how many of its settings are done. */
  readonly onProgress: (scheme: string, done: number, total: number) => void;
}

/** Bits that curves reach to. */
const mostBits = 340;
/** Every second price of a bit, or rate of a network, of the rate-distortion curve: points some 15 bits apart. */
const isEven = (_: unknown, i: number) => i % 2 === 0;

/**
 * Draws path reports, eType II, top-K and networks over bits, on the same samples.
 *
 * Path reports and eType II take channels at the scale they have. Networks and top-K send a norm of limited range and are given each
 * sample at unit norm, uplink too. Their settings are chosen on the samples they are measured on, which favours them.
 *
 * @throws AbortError where the signal is aborted: curves with points missing are none.
 * @example
 * const curve = await measureYardstick({ samples, training, trainingSamples: 512, link: manifest.csi, scale, networks, zoo, seed: 1, signal, onProgress });
 * figureAt(curve.filter(({ scheme }) => scheme === 'paths'), 110, 'subbandSgcs');
 */
export async function measureYardstick(options: YardstickOptions): Promise<RatePoint[]> {
  const { samples, link, networks, zoo, seed, signal, onProgress } = options;
  const { numSubcarriers } = link;
  const scaled = samples.map(atUnitNorm);
  const curve = await pathCurve(options);
  const draw = async (scheme: Scheme, on: readonly LinkSample[]): Promise<void> => {
    const sets = { select: on, measure: on, numSubcarriers, seed };
    curve.push(...(await sweep(scheme, sets, (done) => onProgress(scheme.name, done, scheme.settings.length), signal)));
  };
  if (link.numAntennas === etype2Antennas) await draw(createEType2Scheme(numSubcarriers), samples);
  await draw(await topKScheme(options), scaled);
  for (const manifest of networks) {
    const network = await openNetworkScheme(manifest, zoo);
    await draw({ ...network, settings: network.settings.filter(isEven) }, scaled).finally(() => network.close());
  }
  return curve;
}

/** Path reports in quality mode, at falling prices of a bit until reports are long enough. */
async function pathCurve({ samples, link, seed, signal, onProgress }: YardstickOptions): Promise<RatePoint[]> {
  const [paths] = pathSchemes(pathSpecOf(link));
  const settings = paths.settings.filter(isEven);
  const curve: RatePoint[] = [];
  for (const [done, setting] of settings.entries()) {
    await nextTurn();
    signal.throwIfAborted();
    const { name: scheme, family } = paths;
    const measured = await measureScheme(paths, samples, setting, { numSubcarriers: link.numSubcarriers, seed });
    curve.push({ scheme, family, ...measured, setting });
    onProgress(scheme, done + 1, settings.length);
    if (measured.bits > mostBits) break;
  }
  return curve;
}

/** Settings of top-K that are best within so few bits, or next to it. */
const isShort = ({ entries = 0, floorOctaves, phaseBits }: Setting) =>
  entries <= 40 && floorOctaves === 6 && phaseBits === 6;

async function topKScheme({ training, trainingSamples, scale, signal, onProgress }: YardstickOptions): Promise<Scheme> {
  const strongest = [];
  let numEntries = 0;
  for await (const { downlink } of fitSamples(training, trainingSamples, signal)) {
    strongest.push(strongestEntries(downlink, mostEntries));
    numEntries = downlink.length;
    onProgress('fit of top-K', strongest.length, trainingSamples);
  }
  const scheme = createTopKScheme(strongest, numEntries, scale);
  return { ...scheme, settings: scheme.settings.filter(isShort) };
}

/**
 * Samples spread over a source, with white noise on what the UE measures where an SNR is given; the UE knows its variance.
 *
 * @param limit - samples at most
 * @param random - of the noise
 */
export function yardstickSamples(
  source: CsiSource,
  limit: number,
  snrDb: number | undefined,
  random: Random,
): LinkSample[] {
  const clean = spreadIndices(source, limit).flatMap((index) => linkSamples(source, index, index + 1));
  if (snrDb === undefined) return clean;
  return clean.map(({ downlink, ...rest }) => ({
    ...rest,
    downlink: withEstimationNoise(downlink, snrDb, random),
    truth: downlink,
    noiseVariance: (energyOf(downlink) * 10 ** (-snrDb / 10)) / (downlink.values.length / 2),
  }));
}

/** A sample whose channel has unit norm in either band. */
function atUnitNorm({ downlink, truth, noiseVariance, uplink, ...rest }: LinkSample): LinkSample {
  const energy = energyOf(downlink);
  return {
    ...rest,
    downlink: scaledBy(downlink, 1 / Math.sqrt(energy)),
    uplink: uplink && scaledBy(uplink, 1 / Math.sqrt(energyOf(uplink))),
    ...(truth && { truth: scaledBy(truth, 1 / Math.sqrt(energy)) }),
    ...(noiseVariance !== undefined && { noiseVariance: noiseVariance / energy }),
  };
}

function scaledBy(csi: AngularDelayCsi, factor: number): AngularDelayCsi {
  return { ...csi, values: csi.values.map((value) => factor * value) };
}

function energyOf({ values }: AngularDelayCsi): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
