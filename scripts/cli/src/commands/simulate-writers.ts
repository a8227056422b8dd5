import { rename } from 'node:fs/promises';
import {
  type AngularDelayCsi,
  type ChannelSample,
  createRandom,
  createSynthesizer,
  type PlanarArray,
  type Timing,
  withEstimationNoise,
} from '@edge-csi/csi';
import { ColumnSpool, NpzWriter } from '@edge-csi/csi/files';
import { slotMs } from '../link-run/schedule.ts';

/** Writes samples to disk as they come. */
export interface SampleWriter {
  /** The files there are after `close`. */
  readonly files: readonly string[];
  append(sample: ChannelSample): Promise<void>;
  /** Completes the files with the samples so far. */
  close(): Promise<void>;
  /** Leaves no files. */
  discard(): Promise<void>;
}

/** Columns that say of each sample whose it is, when and where. */
const trackColumns = {
  environment: { dtype: 'int32', rowShape: [] },
  ue: { dtype: 'int32', rowShape: [] },
  slot: { dtype: 'int32', rowShape: [] },
  time_ms: { dtype: 'float64', rowShape: [] },
  ue_position_m: { dtype: 'float32', rowShape: [3] },
  distance_m: { dtype: 'float32', rowShape: [] },
} as const;

const perPath = { dtype: 'float32', rowShape: [] } as const;

/** Writes a path list, to be synthesised by whoever reads it. */
export async function openPathListWriter(path: string, hasUplinkPhase: boolean): Promise<SampleWriter> {
  const file = await NpzWriter.open(path, {
    path_start: { dtype: 'int32', rowShape: [] },
    azimuth_rad: perPath,
    elevation_rad: perPath,
    delay_ns: perPath,
    gain_re: perPath,
    gain_im: perPath,
    uplink_gain_ratio: perPath,
    ...(hasUplinkPhase ? { uplink_phase_rad: perPath } : {}),
    ...trackColumns,
  });
  let numPaths = 0;
  await file.append('path_start', Int32Array.of(0));
  return {
    files: [path],
    async append(sample) {
      const { paths } = sample;
      numPaths += paths.delayNs.length;
      await file.append('path_start', Int32Array.of(numPaths));
      await file.append('azimuth_rad', paths.azimuthRad);
      await file.append('elevation_rad', paths.elevationRad);
      await file.append('delay_ns', paths.delayNs);
      await file.append('gain_re', paths.gainRe);
      await file.append('gain_im', paths.gainIm);
      await file.append('uplink_gain_ratio', paths.uplinkGainRatio);
      if (paths.uplinkPhaseRad !== undefined) await file.append('uplink_phase_rad', paths.uplinkPhaseRad);
      await appendTrack(file, sample);
    },
    close: () => file.close(),
    discard: () => file.discard(),
  };
}

/** Writes CSI of both bands, `[N, 2 Nt Nd]`, as arrays `downlink` and `uplink` of a .npz file. */
export async function openCsiNpzWriter(
  path: string,
  numValues: number,
  measure: (sample: ChannelSample) => CsiPair,
): Promise<SampleWriter> {
  const matrix = { dtype: 'float32', rowShape: [numValues] } as const;
  const file = await NpzWriter.open(path, { downlink: matrix, uplink: matrix, ...trackColumns });
  return {
    files: [path],
    async append(sample) {
      const { downlink, uplink } = measure(sample);
      await file.append('downlink', downlink.values);
      await file.append('uplink', uplink.values);
      await appendTrack(file, sample);
    },
    close: () => file.close(),
    discard: () => file.discard(),
  };
}

/** Writes CSI, `[N, 2 Nt Nd]`, as a .npy file a band. */
export async function openCsiNpyWriter(
  path: string,
  uplinkPath: string,
  numValues: number,
  measure: (sample: ChannelSample) => CsiPair,
): Promise<SampleWriter> {
  const matrix = { dtype: 'float32', rowShape: [numValues] } as const;
  // Under names of their own until they are complete, so that older files stay where this one fails.
  const downlinkFile = await ColumnSpool.open(`${path}.part`, matrix);
  const uplinkFile = await ColumnSpool.open(`${uplinkPath}.part`, matrix).catch(async (error: unknown) => {
    await downlinkFile.discard();
    throw error;
  });
  return {
    files: [path, uplinkPath],
    async append(sample) {
      const { downlink, uplink } = measure(sample);
      await downlinkFile.append(downlink.values);
      await uplinkFile.append(uplink.values);
    },
    async close() {
      await downlinkFile.close();
      await uplinkFile.close();
      await rename(downlinkFile.path, path);
      await rename(uplinkFile.path, uplinkPath);
    },
    async discard() {
      await downlinkFile.discard();
      await uplinkFile.discard();
    },
  };
}

async function appendTrack(file: NpzWriter, sample: ChannelSample): Promise<void> {
  const { x, y, z } = sample.position;
  await file.append('environment', Int32Array.of(sample.environment));
  await file.append('ue', Int32Array.of(sample.ue));
  await file.append('slot', Int32Array.of(sample.slot));
  await file.append('time_ms', Float64Array.of(sample.slot * slotMs));
  await file.append('ue_position_m', Float32Array.of(x, y, z));
  await file.append('distance_m', Float32Array.of(sample.distanceM));
}

/** CSI of one sample in both bands, as its two ends measure it. */
export interface CsiPair {
  readonly downlink: AngularDelayCsi;
  readonly uplink: AngularDelayCsi;
}

export interface CsiPairOptions {
  readonly numAntennas: number;
  readonly numDelays: number;
  /** A linear one where absent. */
  readonly array?: PlanarArray;
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
