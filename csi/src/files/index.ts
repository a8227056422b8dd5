/**
 * CSI and path lists in files, for Node.
 *
 * @module @edge-csi/csi/files
 */
export { type ColumnSpec, ColumnSpool } from './column-spool.ts';
export type { CsiDomain, CsiSamples, NamedSamples } from './csi-layout.ts';
export { type FoundShape, findCsiShape } from './csi-shape.ts';
export { type CsiSource, type CsiSourceOptions, openCsiSource } from './csi-source.ts';
export { type CsiFormat, type WriteOptions, writeCsi } from './csi-writer.ts';
export type { CsiScale, GainOptions } from './gain.ts';
export { type NpyArray, readNpy, writeNpy } from './npy.ts';
export { readNpz, writeNpz } from './npz.ts';
export { maxNpzBytes, NpzWriter } from './npz-writer.ts';
export { cutPathList, readPathList } from './path-list-file.ts';
