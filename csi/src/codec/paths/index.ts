/**
 * The codec of path reports by itself: a channel as off-grid paths, and what fits it to data and to other platforms.
 *
 * @module @edge-csi/csi/paths
 */
export { pathsToAngularDelay } from './channel-matrix.ts';
export { createPathCodec, type PathCodec, type PathReport, type PathReportBits } from './codec.ts';
export type { DopplerSpec, EarlierCsi } from './doppler.ts';
export { createPathsEncoder, type MatrixEncoder } from './encoder.ts';
export { estimateArrayResponse } from './estimate-response.ts';
export { fitPathTables } from './fit.ts';
export { createPathHinter, type PathHinter } from './hint.ts';
export { hintBits, packHint, unpackHint } from './hint-bits.ts';
export { pickEarlier, withHistory } from './history.ts';
export { indoorPathTables } from './indoor-tables.ts';
export { type PathKernelTables, pathKernelTables } from './kernel-tables.ts';
export { createKnownPaths, type KnownPaths, knownOf, type PathPlace } from './known.ts';
export { createMovingPathCodec, type MovingPath, type MovingPathCodec, type MovingPaths } from './moving.ts';
export {
  createMovingPathEncoder,
  dopplerOf,
  type MovingEncoders,
  type MovingPathEncoder,
  movingSpecOf,
  stillSpecOf,
} from './moving-encoder.ts';
export { dopplerTurns } from './over-doppler.ts';
export { type PathRate, type PathRateNumbers, pathCapBits, pathRateNumbers } from './path-rate.ts';
export { markPaths, type PathMark, type PropagationPath } from './paths.ts';
export type { PathTables } from './tables.ts';
export { createPathUeMemory } from './ue-memory.ts';
