import {
  type AngularDelayCsi,
  type ChannelSample,
  type CsiShape,
  createRandom,
  createSynthesizer,
  type Timing,
  withEstimationNoise,
} from '@edge-csi/csi';

/** CSI of one sample in both bands, as its two ends measure it. */
export interface CsiPair {
  readonly downlink: AngularDelayCsi;
  readonly uplink: AngularDelayCsi;
}

export interface CsiPairOptions extends CsiShape {
  readonly downlinkCarrierHz: number;
  readonly uplinkCarrierHz: number;
  readonly bandwidthHz: number;
  readonly numSubcarriers: number;
  readonly timing: Timing;
  /** Estimation noise; none where undefined. */
  readonly downlinkSnrDb: number | undefined;
  readonly uplinkSnrDb: number | undefined;
  /** Of the noise. */
  readonly seed: number;
}

/** Creates what measures both bands of simulated samples. */
export function createCsiPairs(options: CsiPairOptions): (sample: ChannelSample) => CsiPair {
  const { downlinkCarrierHz, bandwidthHz, numSubcarriers, timing, downlinkSnrDb, uplinkSnrDb } = options;
  const random = createRandom(options.seed);
  const measurer = (direction: 'downlink' | 'uplink', carrierHz: number, snrDb: number | undefined) => {
    const band = { direction, carrierHz, downlinkCarrierHz, bandwidthHz, numSubcarriers };
    const synthesize = createSynthesizer(band, options, timing);
    return ({ paths }: ChannelSample) => {
      const csi = synthesize(paths, 0);
      return snrDb === undefined ? csi : withEstimationNoise(csi, snrDb, random);
    };
  };
  const downlink = measurer('downlink', downlinkCarrierHz, downlinkSnrDb);
  const uplink = measurer('uplink', options.uplinkCarrierHz, uplinkSnrDb);
  return (sample) => ({ downlink: downlink(sample), uplink: uplink(sample) });
}
