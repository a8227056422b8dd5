import path from 'node:path';
import { BatchBuffers, createRefine, decoderModelOf, ModelDecoder, openOrtGraph } from '@edge-csi/bs-server/decoding';
import {
  type AngularDelayCsi,
  CsiError,
  magnitudeErrorRatio,
  nmseDb,
  normalizeSpherical,
  uplinkMagnitudeInto,
} from '@edge-csi/csi';
import type { Manifest } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { createOrtEncoder, createReportEncoder, type EncodedReport } from '@edge-csi/ue-client';
import { type DataOptions, openData } from '../data.ts';
import { type LatencySummary, monotonicMs, summarizeLatency } from '../latency.ts';
import { type Accuracy, Scorer } from '../scorer.ts';

/** Accuracy of one model on one data set, no sockets. Every figure is from the code the link runs. */
export interface AccuracyRun extends Accuracy {
  readonly model: string;
  readonly reduction: number;
  readonly codewordLength: number;
  readonly pruned: boolean;
  readonly samples: number;
  readonly payloadBits: {
    readonly mean: number;
    readonly codeword: number;
    readonly phase: number;
    readonly scale: number;
  };
  /** Magnitude NMSE with the codeword left unquantised: the literature's figure, perfect phase. */
  readonly floatMagnitudeNmseDb: number;
  /** One report at the UE, warm: normalise, encode, quantise, allocate, code phases. */
  readonly encodeMs: LatencySummary;
  /** Complex NMSE of the same reports without the BS's refiner; absent where the model has none. */
  readonly unrefinedNmseDb?: number;
}

export interface AccuracyOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly samples: number | undefined;
  readonly onProgress: (done: number) => void;
}

const batchSize = 16;

/** Measures one model: encodes with the UE's encoder, decodes with the BS's decode stage. */
export async function measureAccuracy(options: AccuracyOptions): Promise<AccuracyRun> {
  const { manifest } = options;
  const source = await openData(options.data);
  const samples = Math.min(options.samples ?? source.numSamples, source.numSamples);
  const bundle = await loadModel(path.join(options.zoo, manifest.id), ['encoder', 'decoder', 'refiner']);
  const encoder = await createOrtEncoder(bundle);
  const reports = createReportEncoder(bundle, encoder);
  const model = decoderModelOf(bundle);
  const graph = await openOrtGraph(model.decoderOnnx, 'cpu', { intraOpNumThreads: 1 });
  const refiner = model.refinerOnnx && (await openOrtGraph(model.refinerOnnx, 'cpu', { intraOpNumThreads: 1 }));
  const plain = new ModelDecoder(model, graph, undefined, batchSize);
  const refined = refiner && new ModelDecoder(model, graph, createRefine(refiner), batchSize);
  const { numAntennas, numDelays } = manifest.csi;
  const numEntries = numAntennas * numDelays;
  const buffers = new BatchBuffers({
    maxBatchSize: batchSize,
    maxCodewordBytes: Math.ceil(bundle.quantizer.totalBits / 8),
    maxPhaseBytes: numEntries,
    maxEntries: numEntries,
  });
  const config = { codewordTruncation: 0, phaseTheta: manifest.phase.theta };
  const scorer = new Scorer(manifest.csi.numSubcarriers);
  const unrefined = new Scorer(manifest.csi.numSubcarriers);
  const floatErrors: number[] = [];
  const encodeMs: number[] = [];
  const bits = { mean: 0, codeword: 0, phase: 0, scale: 0 };

  for (let start = 0; start < samples; start += batchSize) {
    const count = Math.min(batchSize, samples - start);
    const truths: AngularDelayCsi[] = [];
    const latents = new Float32Array(count * manifest.codeword.length);
    const uplinks = new Float32Array(count * numEntries);
    const magnitudes: Float32Array[] = [];
    for (let i = 0; i < count; i++) {
      const truth = source.downlink(start + i);
      const uplink = source.uplink(start + i);
      if (uplink === undefined)
        throw new CsiError('file-format', `${source.name} has no uplink CSI; name its file with --uplink`);
      truths.push(truth);
      const { magnitude } = normalizeSpherical(truth);
      magnitudes.push(magnitude.values);
      latents.set((await encoder.encode(magnitude)).values, i * manifest.codeword.length);
      uplinkMagnitudeInto(uplinks.subarray(i * numEntries, (i + 1) * numEntries), uplink.values);
      const startMs = monotonicMs();
      const report = await reports.encode(truth, config);
      encodeMs.push(monotonicMs() - startMs);
      buffers.write(i, payloadOf(report, config), uplink.values);
      bits.mean += report.payloadBits.total / samples;
      bits.codeword += report.payloadBits.codeword / samples;
      bits.phase += report.payloadBits.phase / samples;
      bits.scale += report.payloadBits.scale / samples;
    }
    const decoded = await graph.run(
      {
        latent: { values: latents, dims: [count, manifest.codeword.length] },
        uplink: { values: uplinks, dims: [count, numAntennas, numDelays] },
      },
      'magnitude',
    );
    magnitudes.forEach((truth, i) => {
      floatErrors.push(magnitudeErrorRatio(planar(truth), decoded.subarray(i * numEntries, (i + 1) * numEntries)));
    });
    await score(plain, buffers, truths, refined === undefined ? scorer : unrefined);
    if (refined !== undefined) await score(refined, buffers, truths, scorer);
    options.onProgress(start + count);
  }
  await Promise.all([encoder.close(), graph.release(), refiner?.release()]);
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    pruned: manifest.pruned,
    samples,
    payloadBits: bits,
    ...scorer.result(),
    floatMagnitudeNmseDb: nmseDb(floatErrors),
    encodeMs: summarizeLatency(encodeMs),
    ...(refined === undefined ? {} : { unrefinedNmseDb: unrefined.result().nmseDb }),
  };
}

function payloadOf(report: EncodedReport, config: { codewordTruncation: number; phaseTheta: number }) {
  return {
    codeword: report.codeword,
    truncation: config.codewordTruncation,
    theta: config.phaseTheta,
    phase: report.phase,
    phaseBits: report.payloadBits.phase,
    scaleLevel: report.scale,
  };
}

/** A magnitude as CSI of zero phase. */
function planar(magnitude: Float32Array): Float32Array {
  const values = new Float32Array(2 * magnitude.length);
  values.set(magnitude);
  return values;
}

async function score(decoder: ModelDecoder, buffers: BatchBuffers, truths: readonly AngularDelayCsi[], scorer: Scorer) {
  await decoder.decode(buffers, truths.length);
  truths.forEach((truth, i) => {
    const status = buffers.status(i);
    if (status !== 'decoded') throw new CsiError('payload-invalid', `a report of our own did not decode: ${status}`);
    scorer.add(truth, { ...truth, values: buffers.estimate(i, truth.values.length / 2) });
  });
}
