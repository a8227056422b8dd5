import { type BsCodec, createBsCodec, createUplinkOnly, type Network, type RowCodec } from '@edge-csi/csi';
import {
  type ModelFile,
  type ReportBundle,
  readOnnxInputs,
  type UplinkOnlyBundle,
  versionName,
} from '@edge-csi/models';
import type { BatchBuffers } from './batch-buffers.ts';
import type { BatchSizes } from './batch-layout.ts';
import type { Graph } from './graph.ts';
import type { WorkerModel } from './thread-port.ts';

/** The BS's end of the codec of a model that was loaded with its networks: it knows whether they take the uplink. */
export function bsCodecOf({ codec, files }: ReportBundle): BsCodec {
  // Other kinds say so themselves.
  if (codec.kind !== 'dualnet') return createBsCodec(codec);
  const networks = createBsCodec(codec).networks.flatMap(({ name }) => files.get(name as ModelFile) ?? []);
  return createBsCodec({ ...codec, usesUplink: networks.some((onnx) => readOnnxInputs(onnx).includes('uplink')) });
}

/** The BS's half of a model that was loaded with its networks. */
export function workerModelOf({ manifest, sha256, codec, files }: ReportBundle): WorkerModel {
  return workerModel(versionName(manifest.id, sha256), codec, (name) => files.get(name as ModelFile));
}

/** What the decode worker needs of an uplink-only model. */
export function uplinkOnlyWorkerModelOf({ codec, decoder }: UplinkOnlyBundle): WorkerModel {
  return workerModel(codec.id, codec, () => decoder);
}

function workerModel(
  key: string,
  codec: WorkerModel['codec'],
  onnxOf: (network: string) => Uint8Array | undefined,
): WorkerModel {
  const rowCodec = rowCodecOf(codec);
  return {
    key,
    sizes: batchSizesOf(rowCodec),
    codec,
    networks: Object.fromEntries(rowCodec.networks.map(({ name }) => [name, onnxOf(name) as Uint8Array])),
  };
}

/** What a row of a batch needs room for. */
export function batchSizesOf({ shape, maxRecordBytes }: Pick<RowCodec, 'shape' | 'maxRecordBytes'>): BatchSizes {
  return { maxRecordBytes, maxEntries: shape.numAntennas * shape.numDelays };
}

function rowCodecOf(spec: WorkerModel['codec']): RowCodec {
  return spec.kind === 'uplink-only' ? createUplinkOnly(spec) : createBsCodec(spec);
}

/** A model whose networks are loaded. */
export interface LoadedModel {
  /** Decodes the first `count` rows of a batch: writes, for each, an estimate or what is wrong with it. */
  decode(batch: BatchBuffers, count: number): Promise<void>;
  /** Decodes a batch of zeros. */
  warmUp(count: number): Promise<void>;
  /** How far its codewords are from those of its training, in nats, where that can be told. */
  readonly codewordDrift: number | undefined;
  /** Frees the networks. */
  release(): Promise<void>;
}

/**
 * Loads the networks of a model.
 *
 * @param openGraph - loads one network, of a name for messages
 * @throws what `openGraph` throws, with nothing left loaded.
 */
export async function openModel(
  model: WorkerModel,
  openGraph: (onnx: Uint8Array, file: string) => Promise<Graph>,
  maxBatchSize: number,
): Promise<LoadedModel> {
  const graphs: Graph[] = [];
  const networks: Record<string, Network> = {};
  const release = async () => {
    for (const graph of graphs.splice(0)) await graph.release();
  };
  try {
    for (const [name, onnx] of Object.entries(model.networks)) {
      const graph = await openGraph(onnx, `${model.codec.id}/${name}.onnx`);
      graphs.push(graph);
      networks[name] = graph;
    }
    const decoder = rowCodecOf(model.codec).createDecoder(networks, maxBatchSize);
    return {
      async decode(batch, count) {
        const statuses = await decoder.decode(batch.rows(count, model.sizes.maxEntries));
        for (const [i, status] of statuses.entries()) batch.setStatus(i, status);
      },
      warmUp: (count) => decoder.warmUp(count),
      get codewordDrift() {
        return decoder.drift;
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}
