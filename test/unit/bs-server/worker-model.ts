import type { Decodable } from '../../../bs-server/src/decode/batch-decoder.ts';
import type { BatchSizes } from '../../../bs-server/src/decode/batch-layout.ts';
import type { WorkerModel } from '../../../bs-server/src/decode/thread-port.ts';

/** A model for fake workers, which decode whatever they are asked to. */
export function workerModel(key: string, sizes: Partial<BatchSizes> = {}): WorkerModel {
  return {
    key,
    sizes: { maxRecordBytes: 2, maxEntries: 1, ...sizes },
    codec: { kind: 'uplink-only', id: key, numAntennas: 1, numDelays: 1, downlinkOverUplink: 1 },
    networks: { decoder: new Uint8Array() },
  };
}

/** A job that a test tells from others. */
export interface NamedJob extends Decodable {
  readonly name: string;
}

export function namedJobs(...names: string[]): NamedJob[] {
  return names.map((name) => ({ name, record: new Uint8Array(), uplink: undefined }));
}
