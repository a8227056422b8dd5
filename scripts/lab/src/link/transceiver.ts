import path from 'node:path';
import { bsCodecOf, openOrtGraph } from '@edge-csi/bs-server/decode';
import {
  type AngularDelayCsi,
  type ChannelPaths,
  CsiError,
  createUeCodec,
  type EncodeContext,
  type PathReader,
  type Payload,
  type PayloadBits,
  type Rate,
  type Unquantized,
  unquantized,
} from '@edge-csi/csi';
import type { ModelFile, ReportManifest } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import { type EncoderChoice, openEncoder } from '@edge-csi/ue-client';
import { openOrtNetworks } from '@edge-csi/ue-client/ort';
import { monotonicMs } from '../metrics/latency.ts';

/** One sample as both ends measure it. */
export interface LinkSample {
  readonly downlink: AngularDelayCsi;
  /** Undefined where the data have none: the BS then decodes without. */
  readonly uplink: AngularDelayCsi | undefined;
  /** The channel without the UE's noise, which estimates are held against; the downlink where absent. */
  readonly truth?: AngularDelayCsi;
  /** Variance of that noise in an entry, as the UE knows it; 0 where absent. */
  readonly noiseVariance?: number;
  /** What samples share that are no independent draws, their environment; itself where absent. */
  readonly cluster?: number;
  /** What the UE measured before, and the slot of the downlink, for reports that tell how a channel goes on. */
  readonly history?: EncodeContext;
}

/** One sample after its way through both ends. */
interface Received {
  readonly payloadBits: PayloadBits;
  /** The UE's whole computation, from CSI to payload. */
  readonly encodeMs: number;
  readonly estimate: AngularDelayCsi;
  /** Reads the paths that it is made of, if it is. */
  readonly readPaths: (() => ChannelPaths) | undefined;
}

/** A model's UE and BS joined without sockets: the encoder of the one, the decoder of the other. */
export interface Transceiver {
  readonly hasRefiner: boolean;
  /** Whether the uplink of a sample makes its estimate better. */
  readonly usesUplink: boolean;
  /** Matrices before that of a report which it may be made of as well, at most. */
  readonly matricesKept: number;
  /** Rates worth measuring. */
  readonly sweep: readonly Rate[];
  /** Carries up to `batchSize` samples. `refine: false` leaves out what corrects the BS's estimates. */
  carry(samples: readonly LinkSample[], rate: Rate, options?: { readonly refine: boolean }): Promise<Received[]>;
  /** Carries samples as unquantised codewords; undefined where the codec has no such thing. */
  readonly carryFloat: Unquantized | undefined;
  close(): Promise<void>;
}

/** Most samples of one call. */
export const batchSize = 16;

/**
 * Opens a model of a zoo for measuring, on the CPU, one thread.
 *
 * @param choice - what makes the UE's reports; unquantised codewords are onnxruntime-web's in any case
 */
export async function openTransceiver(
  manifest: ReportManifest,
  zoo: string,
  choice: EncoderChoice = 'ort',
): Promise<Transceiver> {
  const bundle = await loadReportModel(path.join(zoo, manifest.id), ['encoder', 'decoder', 'refiner']);
  const ueCodec = createUeCodec(bundle.codec);
  const ue = await openOrtNetworks(bundle, ueCodec.networks);
  const reports = await openEncoder(choice, bundle);
  const codec = bsCodecOf(bundle);
  const graphs = await Promise.all(
    codec.networks.map(async ({ name, optional = false }) => {
      const onnx = bundle.files.get(name as ModelFile) as Uint8Array;
      return { name, optional, graph: await openOrtGraph(onnx, 'cpu', { intraOpNumThreads: 1 }) };
    }),
  );
  const networksOf = (chosen: typeof graphs) => Object.fromEntries(chosen.map(({ name, graph }) => [name, graph]));
  const full = codec.createDecoder(networksOf(graphs), batchSize);
  const plain = codec.createDecoder(networksOf(graphs.filter(({ optional }) => !optional)), batchSize);
  const { numAntennas, numDelays } = codec.shape;

  return {
    sweep: codec.sweep,
    matricesKept: ueCodec.matricesKept ?? 0,
    usesUplink: codec.usesUplink,
    hasRefiner: graphs.some(({ optional }) => optional),
    carry: async (samples, rate, { refine } = { refine: true }) => {
      const sent: { payload: Payload; encodeMs: number }[] = [];
      for (const { downlink, history } of samples) {
        const startMs = monotonicMs();
        const payload = await reports.encode(downlink, rate, history);
        sent.push({ payload, encodeMs: monotonicMs() - startMs });
      }
      const rows = sent.map(({ payload }, i) => ({
        record: codec.receive({ ...payload, payloadBits: payload.payloadBits.total }, rate),
        uplink: samples[i]?.uplink?.values,
        estimate: new Float32Array(2 * numAntennas * numDelays),
      }));
      const statuses = await (refine ? full : plain).decode(rows);
      const failed = statuses.find((status) => status !== 'decoded');
      if (failed !== undefined) {
        throw new CsiError('payload-invalid', `a report of our own did not decode: ${failed}`);
      }
      return sent.map(({ payload, encodeMs }, i) => {
        const { record, estimate: values } = rows[i] as (typeof rows)[number];
        const estimate: AngularDelayCsi = { domain: 'angular-delay', numAntennas, numDelays, values };
        const readPaths = codec.paths && (() => (codec.paths as PathReader).read(record));
        return { payloadBits: payload.payloadBits, encodeMs, estimate, readPaths };
      });
    },
    carryFloat: unquantized(bundle.codec, { ...ue.networks, ...networksOf(graphs) }),
    close: async () => {
      await Promise.all([ue.close(), reports.close(), ...graphs.map(({ graph }) => graph.release())]);
    },
  };
}
