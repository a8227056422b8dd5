import path from 'node:path';
import type { ExecutionProvider } from '@edge-csi/bs-server';
import { type Graph, openOrtGraph } from '@edge-csi/bs-server/decode';
import { type BsCodec, CsiError, createBsCodec, type DecodeRow } from '@edge-csi/csi';
import type { ModelFile, ReportBundle, ReportManifest } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import { openEncoder } from '@edge-csi/ue-client';
import { type DataOptions, openData, usableSample } from '../data.ts';
import { monotonicMs } from '../metrics/latency.ts';

/** A model's decoder without anything around it: its networks on tensors of zeros, or, where it has none, its reports. */
export interface RawDecoder {
  /** Decodes one batch. */
  once(): Promise<void>;
  close(): Promise<void>;
}

export interface RawDecoderOptions {
  readonly manifest: ReportManifest;
  readonly zoo: string;
  readonly batchSize: number;
  readonly provider: ExecutionProvider;
  /** Runs those networks too that the codec could do without. */
  readonly refine: boolean;
  /** What reports are of, where the codec has no networks; made at the model's own rate. */
  readonly data: DataOptions;
}

/** Most distinct reports. */
const maxReports = 256;

/** Opens a model's decoder, on one thread where it runs on the CPU. */
export async function openRawDecoder(options: RawDecoderOptions): Promise<RawDecoder> {
  const { manifest, batchSize, provider, refine, data } = options;
  const bundle = await loadReportModel(path.join(options.zoo, manifest.id), ['decoder', 'refiner']);
  const codec = createBsCodec(bundle.codec);
  const graphs: Record<string, Graph> = {};
  for (const { name, optional } of codec.networks) {
    if (optional && !refine) continue;
    const onnx = bundle.files.get(name as ModelFile) as Uint8Array;
    graphs[name] = await openOrtGraph(onnx, provider, { intraOpNumThreads: 1 });
  }
  const decoder = codec.createDecoder(graphs, batchSize);
  const batches = codec.networks.length === 0 ? await readyBatches(bundle, codec, data, batchSize) : undefined;
  return {
    once: batches === undefined ? () => decoder.warmUp(batchSize) : () => decodeNext(decoder, batches),
    close: async () => {
      for (const graph of Object.values(graphs)) await graph.release();
    },
  };
}

/** Batches of ready-made reports, each in its turn for ever. */
async function readyBatches(
  bundle: ReportBundle,
  codec: BsCodec,
  data: DataOptions,
  batchSize: number,
): Promise<Iterator<DecodeRow[], never>> {
  const source = await openData(data);
  const encoder = await openEncoder('micro', bundle);
  const records: Uint8Array[] = [];
  for (let i = 0; i < Math.min(maxReports, source.numSamples); i++) {
    const { payloadBits, ...payload } = await encoder.encode(usableSample(source, 'downlink', i), {});
    records.push(codec.receive({ ...payload, payloadBits: payloadBits.total }, {}));
  }
  await encoder.close();
  const { numAntennas, numDelays } = codec.shape;
  const estimates = Array.from({ length: batchSize }, () => new Float32Array(2 * numAntennas * numDelays));
  return (function* batches(): Generator<DecodeRow[], never> {
    for (let next = 0; ; next += batchSize) {
      yield estimates.map((estimate, i) => ({
        record: records[(next + i) % records.length] as Uint8Array,
        uplink: undefined,
        estimate,
      }));
    }
  })();
}

/** @throws CsiError `payload-invalid` where a report does not decode: its time would be another one's. */
async function decodeNext(
  decoder: ReturnType<BsCodec['createDecoder']>,
  batches: Iterator<DecodeRow[], never>,
): Promise<void> {
  const statuses = await decoder.decode(batches.next().value);
  const failed = statuses.find((status) => status !== 'decoded');
  if (failed !== undefined) throw new CsiError('payload-invalid', `a report of our own did not decode: ${failed}`);
}

/** Reports per second over about `seconds`, after a warm-up. @throws AbortError where the signal is aborted. */
export async function rawReportsPerSecond(
  decoder: RawDecoder,
  batchSize: number,
  seconds: number,
  signal: AbortSignal,
): Promise<number> {
  for (let i = 0; i < 5; i++) await decoder.once();
  const startMs = monotonicMs();
  let reports = 0;
  while (monotonicMs() - startMs < seconds * 1000) {
    signal.throwIfAborted();
    await decoder.once();
    reports += batchSize;
  }
  return (reports * 1000) / (monotonicMs() - startMs);
}
