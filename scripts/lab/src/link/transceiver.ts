import path from 'node:path';
import { BatchBuffers, createRefine, decoderModelOf, ModelDecoder, openOrtGraph } from '@edge-csi/bs-server/decode';
import { type AngularDelayCsi, CsiError, createUplinkInput } from '@edge-csi/csi';
import type { Manifest } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import {
  type EncodedReport,
  type EncoderChoice,
  openEncoder,
  type PayloadBits,
  type RateConfig,
} from '@edge-csi/ue-client';
import { createOrtEncoder } from '@edge-csi/ue-client/ort';
import { monotonicMs } from '../metrics/latency.ts';

/** One sample as both ends measure it. */
export interface LinkSample {
  readonly downlink: AngularDelayCsi;
  readonly uplink: AngularDelayCsi;
}

/** One sample after its way through both ends. */
interface Received {
  readonly payloadBits: PayloadBits;
  /** Whole report at the UE: normalise, encode, quantise, allocate, code phases. */
  readonly encodeMs: number;
  readonly estimate: AngularDelayCsi;
}

/** What a model's networks make of one sample: |h|, or |Re| and |Im| of a model on absolute parts, `[numComponents]`. */
interface FloatComponents {
  /** Of the downlink, in units of its norm where the model divides by that. */
  readonly truth: Float32Array;
  /** Decoder output in the same units. */
  readonly decoded: Float32Array;
}

/** A model's UE and BS joined without sockets: the encoder of the one, the decode stage of the other. */
export interface Transceiver {
  readonly hasRefiner: boolean;
  /** Carries up to `batchSize` samples. `refine: false` leaves the BS's refiner out. */
  carry(samples: readonly LinkSample[], config: RateConfig & { readonly refine: boolean }): Promise<Received[]>;
  /** Carries samples as unquantised codewords, without phases or signs. */
  carryFloat(samples: readonly LinkSample[]): Promise<FloatComponents[]>;
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
  manifest: Manifest,
  zoo: string,
  choice: EncoderChoice = 'ort',
): Promise<Transceiver> {
  const bundle = await loadModel(path.join(zoo, manifest.id), ['encoder', 'decoder', 'refiner']);
  const encoder = await createOrtEncoder(bundle);
  const reports = await openEncoder(choice, bundle);
  const model = decoderModelOf(bundle);
  const decoder = await openOrtGraph(model.decoderOnnx, 'cpu', { intraOpNumThreads: 1 });
  const refiner = model.refinerOnnx && (await openOrtGraph(model.refinerOnnx, 'cpu', { intraOpNumThreads: 1 }));
  const plain = new ModelDecoder(model, decoder, undefined, batchSize);
  const refined = refiner && new ModelDecoder(model, decoder, createRefine(refiner), batchSize);
  const { numAntennas, numDelays } = manifest.csi;
  const { length } = manifest.codeword;
  const { representation } = bundle;
  const { tensor, numComponents } = representation;
  const numEntries = numAntennas * numDelays;
  const uplinkInto = createUplinkInput(representation);
  const buffers = new BatchBuffers({ maxBatchSize: batchSize, ...model.sizes });

  return {
    hasRefiner: refined !== undefined,
    carry: async (samples, config) => {
      const sent: { report: EncodedReport; encodeMs: number }[] = [];
      for (const [i, { downlink, uplink }] of samples.entries()) {
        const startMs = monotonicMs();
        const report = await reports.encode(downlink, config);
        sent.push({ report, encodeMs: monotonicMs() - startMs });
        buffers.write(i, payloadOf(report, config), uplink.values);
      }
      const chosen = config.refine && refined !== undefined ? refined : plain;
      await chosen.decode(buffers, samples.length);
      return sent.map(({ report, encodeMs }, i) => {
        const status = buffers.status(i);
        if (status !== 'decoded')
          throw new CsiError('payload-invalid', `a report of our own did not decode: ${status}`);
        const values = buffers.estimate(i, numEntries).slice();
        const estimate: AngularDelayCsi = { domain: 'angular-delay', numAntennas, numDelays, values };
        return { payloadBits: report.payloadBits, encodeMs, estimate };
      });
    },
    carryFloat: async (samples) => {
      const count = samples.length;
      const latent = { values: new Float32Array(count * length), dims: [count, length] };
      const uplinks = { values: new Float32Array(count * numComponents), dims: [count, ...tensor.dims] };
      const truths: Float32Array[] = [];
      for (const [i, { downlink, uplink }] of samples.entries()) {
        const { input } = representation.normalize(downlink);
        const { values } = await encoder.encode(input);
        latent.values.set(values, i * length);
        uplinkInto(uplinks.values.subarray(i * numComponents, (i + 1) * numComponents), uplink.values);
        representation.denormalize(input.values);
        truths.push(input.values);
      }
      // An unquantised component is known exactly: its cell has no width.
      const cell = { values: new Float32Array(count * length), dims: [count, length] };
      const decoded = await decoder.run({ latent, cell, uplink: uplinks }, tensor.name);
      representation.denormalize(decoded);
      return truths.map((truth, i) => ({ truth, decoded: decoded.slice(i * numComponents, (i + 1) * numComponents) }));
    },
    close: async () => {
      await Promise.all([encoder.close(), reports.close(), decoder.release(), refiner?.release()]);
    },
  };
}

function payloadOf(report: EncodedReport, config: RateConfig) {
  return {
    codeword: report.codeword,
    truncation: config.codewordTruncation,
    theta: config.phaseTheta,
    phase: report.phase,
    phaseBits: report.payloadBits.phase,
    scaleLevel: report.scale,
  };
}
