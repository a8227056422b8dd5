import type { RepresentationSpec } from '@edge-csi/csi';
import { type ModelBundle, representationOf, versionName } from '@edge-csi/models';
import type { BatchSizes } from './batch-layout.ts';
import type { CodewordStatistics } from './codeword-drift.ts';

/** What a decode worker needs of a model. Plain data: it crosses to another thread. */
export interface DecoderModel {
  /** What requests name it by: its version name. */
  readonly key: string;
  readonly sizes: BatchSizes;
  readonly representation: RepresentationSpec;
  readonly codewordBits: readonly number[];
  readonly codewordStep: readonly number[];
  readonly codewordStatistics: CodewordStatistics | undefined;
  /** Most phase bits of one entry; 1 where signs are sent. */
  readonly maxPhaseBits: number;
  readonly allocation: Uint8Array;
  readonly decoderOnnx: Uint8Array;
  readonly refinerOnnx: Uint8Array | undefined;
}

/** The BS's half of a model that was loaded with its decoder and, where it has one, its refiner. */
export function decoderModelOf({ manifest, sha256, quantizer, allocation, files }: ModelBundle): DecoderModel {
  const { numAntennas, numDelays } = manifest.csi;
  return {
    key: versionName(manifest.id, sha256),
    sizes: {
      maxCodewordBytes: Math.ceil(quantizer.totalBits / 8),
      maxPhaseBytes: Math.ceil((allocation.numEntries * allocation.maxBits) / 8),
      maxEntries: numAntennas * numDelays,
    },
    representation: representationOf(manifest),
    codewordBits: manifest.codeword.bits,
    codewordStep: manifest.codeword.step,
    codewordStatistics: manifest.codeword.statistics,
    maxPhaseBits: manifest.phase.maxBits,
    allocation: files.get('allocation') as Uint8Array,
    decoderOnnx: files.get('decoder') as Uint8Array,
    refinerOnnx: files.get('refiner'),
  };
}
