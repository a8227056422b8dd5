import { type AngularDelayCsi, createRandom, pathCodecSpec, withEstimationNoise } from '@edge-csi/csi';
import {
  createPathCodec,
  createPathHinter,
  indoorPathTables,
  type KnownPaths,
  type PathRate,
} from '@edge-csi/csi/paths';
import { linkSamples, openData, raytracedSampleData } from '@edge-csi/lab';
import { angularDelay, goldenArray, planar, scenarios } from '../../unit/csi/golden.ts';

/** A channel, a hint of its uplink at 20 dB SNR, and a rate. */
export interface HintedRequest {
  readonly what: string;
  readonly csi: AngularDelayCsi;
  readonly known: KnownPaths;
  readonly rate: PathRate;
}

/** The codec of `hintedRequests`. */
export const hintedCodec = createPathCodec(
  pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024, tables: indoorPathTables }),
);

const rates: readonly PathRate[] = [
  ...[60, 100, 200].map((maxBits): PathRate => ({ mode: 'cap', maxBits, noiseVariance: 0 })),
  ...[-20, -28, -36].map((dB): PathRate => ({ mode: 'quality', bitPrice: Math.fround(10 ** (dB / 10)) })),
  { mode: 'quality', targetNmseDb: -15 },
];
const eachScenario = 4;

/** Channels of an indoor hall, of a semi-urban scenario and of ray-traced Munich, at rates of both modes. */
export async function hintedRequests(): Promise<HintedRequest[]> {
  const random = createRandom(5);
  const requests: HintedRequest[] = [];
  const add = (what: string, csi: AngularDelayCsi, uplink: AngularDelayCsi, carrierRatio: number): void => {
    const hintOf = createPathHinter(hintedCodec.spec, carrierRatio);
    const known = hintOf(withEstimationNoise(uplink, 20, random), requests.length + 1);
    requests.push(...rates.map((rate) => ({ what, csi, known, rate })));
  };
  for (const scenario of scenarios) {
    const downlinks = await goldenArray(scenario, 'downlink');
    const uplinks = await goldenArray(scenario, 'uplink');
    for (let i = 0; i < eachScenario; i++) {
      const [csi, uplink] = [downlinks, uplinks].map(({ data }) =>
        angularDelay(32, 32, planar(data.slice(2048 * i, 2048 * (i + 1)))),
      ) as [AngularDelayCsi, AngularDelayCsi];
      add(scenario.scenario, csi, uplink, scenario.downlinkCarrierHz / scenario.uplinkCarrierHz);
    }
  }
  const carriers = { downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 };
  const munich = await openData({
    path: raytracedSampleData,
    csi: { numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6, timing: 'absolute', ...carriers },
  });
  for (const { downlink, uplink } of linkSamples(munich, 0, eachScenario)) {
    if (uplink) add('munich', downlink, uplink, carriers.downlinkCarrierHz / carriers.uplinkCarrierHz);
  }
  return requests;
}
