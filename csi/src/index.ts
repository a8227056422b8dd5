/**
 * CSI as numbers: channel synthesis and simulation, transforms, normalisation, quantiser, phase and sign coders, metrics.
 *
 * @module @edge-csi/csi
 */

export { BitReader, BitWriter } from './bits.ts';
export { withEstimationNoise } from './channel/estimation-noise.ts';
export {
  defaultCarriers,
  isCdl,
  isTr38901,
  type ScenarioName,
  scenarioNames,
} from './channel/scenario.ts';
export { type ChannelSample, type SimulationOptions, simulateChannel } from './channel/simulate.ts';
export { ChannelStatistician, type ChannelStatistics } from './channel/statistics.ts';
export { createBsCodec, knobBounds, unquantized } from './codec/bs-codec.ts';
export type {
  BsCodec,
  DecodeRow,
  Network,
  NetworkSpec,
  Networks,
  Payload,
  PayloadBits,
  PayloadEncoder,
  ReceivedPayload,
  RowCodec,
  RowDecoder,
  RowStatus,
  Tensor,
  UeCodec,
  Unquantized,
  UnquantizedSample,
} from './codec/codec.ts';
export { rowStatuses } from './codec/codec.ts';
export { CodewordDrift, type CodewordStatistics } from './codec/dualnet/codeword-drift.ts';
export { createDualnet, type Dualnet } from './codec/dualnet/dualnet.ts';
export { createDualnetEncoder } from './codec/dualnet/encoder.ts';
export { invertMinmaxInto, type MinmaxRange, normalizeMinmax, uplinkMinmaxInto } from './codec/dualnet/minmax.ts';
export {
  normalizePartsSpherical,
  normalizeSpherical,
  uplinkMagnitudeInto,
  uplinkPartsInto,
} from './codec/dualnet/normalize.ts';
export {
  createPhaseAllocation,
  type PhaseAllocation,
  type PhaseAllocationOptions,
  phaseThresholds,
} from './codec/dualnet/phase-allocation.ts';
export { encodePhase, type PhaseReport, reconstructInto } from './codec/dualnet/phase-coder.ts';
export { createQuantizer, type Quantizer } from './codec/dualnet/quantizer.ts';
export {
  type ComponentReport,
  createRepresentation,
  type NormalizationSpec,
  type Representation,
  type RepresentationSpec,
} from './codec/dualnet/representation.ts';
export { dequantizeScale, quantizeScale, type ScaleSpec } from './codec/dualnet/scale.ts';
export { encodeSigns, reconstructFromSignsInto, type SignReport } from './codec/dualnet/sign-coder.ts';
export { type DualnetSpec, dualnetBits } from './codec/dualnet/spec.ts';
export {
  createPathCodec,
  type PathCodec,
  type PathRate,
  type PathReport,
  type PathReportBits,
  pathCapBits,
} from './codec/paths/codec.ts';
export { fitPathTables } from './codec/paths/fit.ts';
export { indoorPathTables } from './codec/paths/indoor-tables.ts';
export type { PropagationPath } from './codec/paths/paths.ts';
export { type ArrayResponse, type PathCodecOptions, type PathCodecSpec, pathCodecSpec } from './codec/paths/spec.ts';
export type { PathTables } from './codec/paths/tables.ts';
export { createPayloadEncoder } from './codec/payload-encoder.ts';
export { checkRate, coarserRate, type Rate, type RateKnob, rateOf } from './codec/rate.ts';
export { type CodecSpec, createUeCodec } from './codec/ue-codec.ts';
export {
  type AngularDelayCsi,
  assertUsable,
  type BitString,
  type Codeword,
  type CsiShape,
  frobeniusNorm,
  type Latent,
  type NormalizedMagnitude,
  type NormalizedParts,
  type Scale,
  type SpatialFrequencyCsi,
} from './csi.ts';
export { CsiError, type CsiErrorCode, EdgeCsiError } from './errors.ts';
export { componentErrorRatio, magnitudeErrorRatio, nmseDb, rho, sgcs, squaredErrorRatio } from './metrics.ts';
export { createRandom, type Random } from './random.ts';
export { toAngularDelay, toSpatialFrequency } from './transform/angular-delay.ts';
export type { Band, PathList, Timing } from './transform/path-list.ts';
export { createSynthesizer, type Synthesizer, synthesizeSpatialFrequency } from './transform/synthesis.ts';
export { createUplinkInput, type UplinkInput } from './uplink/decoder-input.ts';
export { createUplinkDenoiser, type UplinkDenoiser } from './uplink/denoiser.ts';
export { createUplinkOnly, UplinkOnlyDecoder, type UplinkOnlySpec } from './uplink/uplink-only.ts';
