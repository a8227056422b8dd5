/**
 * What measures edge-csi: the link without sockets, metrics with intervals, classical schemes, ageing, throughput. All of it
 * runs the code of the UE and of the BS; nothing here is a model of them.
 *
 * `@edge-csi/lab/data`, `/metrics` and `/linear` stand alone where start-up time counts: they load no runtime.
 *
 * @example
 * import { listModels, zooDirectory } from '@edge-csi/models/disk';
 *
 * const [manifest] = await listModels();
 * const source = await openData(dataFor(manifest, { data: sampleData }));
 * const run = await measureAccuracy({ manifest, zoo: zooDirectory(), source, samples: 256, seed: 1, onProgress: () => {} });
 * console.log(run.nmseDb, run.intervals?.nmseDb, run.payloadBits.mean);
 *
 * @packageDocumentation
 */
export {
  type AccuracyOptions,
  type AccuracyRun,
  kindOf,
  measureAccuracy,
  type NetworkAccuracyRun,
} from './accuracy/accuracy.ts';
export {
  type AccuracyBin,
  type BreakdownName,
  type BrokenDownRun,
  breakdowns,
  distanceBins,
  measureBySnr,
  numSnrLevels,
} from './accuracy/breakdown.ts';
export { type DenseStudy, type DenseVariant, studyDense } from './accuracy/dense-study.ts';
export {
  hasFiguresOn,
  type RecordedAccuracy,
  type RecordedUplinkOnly,
  recordAccuracy,
  recordedAccuracy,
} from './accuracy/recorded-accuracy.ts';
export { measureUplinkOnly, type UplinkOnlyRun } from './accuracy/uplink-only-accuracy.ts';
export { type AgeGrid, ageOfError, createAgeGrid } from './ageing/age-grid.ts';
export { type AgeingRun, type HeldAccuracy, measureAgeing, perfectCsiName } from './ageing/ageing.ts';
export { simulateSlots, simulateTracks } from './ageing/tracks.ts';
export * from './data.ts';
export { type EncodeLatency, measureEncodeLatency } from './link/encode-latency.ts';
export { openRawDecoder, type RawDecoder, rawReportsPerSecond } from './link/raw-decoder.ts';
export { batchSize, type LinkSample, openTransceiver, type Transceiver } from './link/transceiver.ts';
export * from './metrics/index.ts';
export { fileTracks } from './moving/file-tracks.ts';
export {
  lineAtBits,
  type MovingPoint,
  type MovingScheme,
  measureMoving,
  type ReportSlot,
} from './moving/moving.ts';
export { type Baselines, fitBaselines } from './schemes/baselines.ts';
export {
  allocateBits,
  meanPhaseBits,
  phaseAllocationBytes,
  type QuantizedComponent,
  quantizeComponent,
  thetaFor,
} from './schemes/codec-fit.ts';
export {
  createEType2Codebook,
  type EType2Codebook,
  type EType2Panel,
  type EType2Pmi,
  etype2Combinations,
  etype2Precoder,
} from './schemes/etype2/codebook.ts';
export { type EType2Bits, etype2Bits, packPmi, unpackPmi } from './schemes/etype2/pmi-bits.ts';
export { selectPmi } from './schemes/etype2/select.ts';
export { createEType2Scheme, etype2Antennas } from './schemes/etype2-scheme.ts';
export { type FloatRow, measureFloatTable } from './schemes/linear-estimate.ts';
export { knownPathScheme, pathSchemes, pathSpecOf } from './schemes/path-scheme.ts';
export {
  bestWithin,
  costOf,
  type DownlinkSample,
  type Measured,
  type MeasureOptions,
  measureScheme,
  openNetworkScheme,
  paretoFront,
  type RatePoint,
  type ReportedCsi,
  type Scheme,
  type Setting,
  type SweepSamples,
  sweep,
} from './schemes/scheme.ts';
export { createTopKScheme } from './schemes/topk-scheme.ts';
export { type Contenders, openContenders } from './throughput/contenders.ts';
export { mrtRates, unitChannel, zeroForcingRates } from './throughput/precoding.ts';
export { perfectCsi, uplinkBeam, widebandBeam } from './throughput/reference-schemes.ts';
export {
  type Contender,
  measureThroughput,
  snrsDb,
  type Throughput,
  type ThroughputRun,
  userCounts,
} from './throughput/throughput.ts';
export { UsageError } from './usage-error.ts';
export { bestPoints, type ComparedFigure, figureAt } from './yardstick/equal-bits.ts';
export { measureYardstick, type YardstickOptions, yardstickSamples } from './yardstick/yardstick.ts';
