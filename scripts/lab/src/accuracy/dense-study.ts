import path from 'node:path';
import { openOrtGraph } from '@edge-csi/bs-server/decode';
import { componentErrorRatio, createUplinkInput, nmseDb } from '@edge-csi/csi';
import { createDualnet } from '@edge-csi/csi/dualnet';
import type { CsiSource } from '@edge-csi/csi/files';
import { type DenseLayer, type Manifest, readEncoderLayers } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { linkSamples, sampleCount } from '../data.ts';
import { applyDenseInto, lowRankLayers, quantizedLayer } from '../linear/dense-layer.ts';

/** One variant of one model's encoder, decoded by the model's own decoder, without retraining. */
export interface DenseVariant {
  /** Rank of the factored Dense layer; absent where it is not factored. */
  readonly rank?: number;
  /** Bits of a weight: 32 as trained. */
  readonly bitsPerWeight: number;
  /** Weights and biases of the encoder in bytes. */
  readonly encoderBytes: number;
  /** |H| NMSE at the decoder's output, codeword quantised, phases known. */
  readonly magnitudeNmseDb: number;
}

/** What a pruned encoder's Dense layer costs and gives. */
export interface DenseStudy {
  readonly model: string;
  readonly codewordLength: number;
  readonly samples: number;
  /** As trained, codeword unquantised, phases known. */
  readonly floatMagnitudeNmseDb: number;
  readonly variants: readonly DenseVariant[];
}

export interface DenseStudyOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly source: CsiSource;
  readonly samples: number | undefined;
  readonly signal: AbortSignal;
}

const weightBits = [8, 6, 5, 4, 3, 2];
const rankShares = [7 / 8, 3 / 4, 1 / 2, 1 / 4];
const batchSize = 16;

/** Measures a pruned model with its Dense layer factored to lower ranks and rounded to fewer bits per weight. */
export async function studyDense(options: DenseStudyOptions): Promise<DenseStudy> {
  const { manifest, zoo } = options;
  const bench = await openBench(options);
  const bundle = await loadModel(path.join(zoo, manifest.id), ['encoder']);
  const layer = readEncoderLayers(bundle).dense;
  const { numOutputs, numInputs } = layer;
  const bytes = (weights: number, bits: number) => Math.ceil((weights * bits) / 8) + 4 * numOutputs;
  const dense = numOutputs * numInputs;
  const ranks = [...new Set(rankShares.map((share) => Math.round(share * numOutputs)))].filter((rank) => rank > 0);
  const factored = lowRankLayers(layer, ranks);
  const variants: DenseVariant[] = [];
  const add = async (variant: DenseLayer, fields: Omit<DenseVariant, 'magnitudeNmseDb'>) => {
    options.signal.throwIfAborted();
    variants.push({ ...fields, magnitudeNmseDb: await bench.measure(variant, true) });
  };
  await add(layer, { bitsPerWeight: 32, encoderBytes: bytes(dense, 32) });
  for (const bits of weightBits) {
    await add(quantizedLayer(layer, bits), { bitsPerWeight: bits, encoderBytes: bytes(dense, bits) });
  }
  for (const [i, rank] of ranks.entries()) {
    const weights = rank * (numOutputs + numInputs);
    await add(factored[i] as DenseLayer, { rank, bitsPerWeight: 32, encoderBytes: bytes(weights, 32) });
  }
  const floatMagnitudeNmseDb = await bench.measure(layer, false);
  await bench.close();
  return { model: manifest.id, codewordLength: numOutputs, samples: bench.samples, floatMagnitudeNmseDb, variants };
}

async function openBench({ manifest, zoo, source, samples }: DenseStudyOptions) {
  const bundle = await loadModel(path.join(zoo, manifest.id), ['decoder']);
  const { quantizer, representation } = createDualnet(bundle.codec);
  const { tensor, numComponents } = representation;
  const decoder = await openOrtGraph(bundle.files.get('decoder') as Uint8Array, 'cpu', { intraOpNumThreads: 1 });
  const count = sampleCount(source, samples);
  const inputs = new Float32Array(count * numComponents);
  const uplinks = new Float32Array(count * numComponents);
  const uplinkInto = createUplinkInput(representation);
  for (const [i, { downlink, uplink }] of linkSamples(source, 0, count).entries()) {
    inputs.set(representation.normalize(downlink).input.values, i * numComponents);
    uplinkInto(uplinks.subarray(i * numComponents, (i + 1) * numComponents), uplink?.values);
  }
  const { length } = quantizer;
  const cellOfOne = new Float32Array(length);
  quantizer.cellInto(cellOfOne);

  /** NMSE in dB of the decoder's output with this layer as the encoder. */
  async function measure(layer: DenseLayer, quantized: boolean): Promise<number> {
    const errors: number[] = [];
    for (let start = 0; start < count; start += batchSize) {
      const rows = Math.min(batchSize, count - start);
      const latent = new Float32Array(rows * length);
      const cell = new Float32Array(rows * length);
      for (let row = 0; row < rows; row++) {
        const values = latent.subarray(row * length, (row + 1) * length);
        applyDenseInto(
          values,
          layer,
          inputs.subarray((start + row) * numComponents, (start + row + 1) * numComponents),
        );
        if (!quantized) continue;
        quantizer.dequantizeInto(values, quantizer.quantize({ domain: 'latent', values }));
        cell.set(cellOfOne, row * length);
      }
      const range = [start * numComponents, (start + rows) * numComponents] as const;
      const feeds = {
        latent: { values: latent, dims: [rows, length] },
        cell: { values: cell, dims: [rows, length] },
        uplink: { values: uplinks.subarray(...range), dims: [rows, ...tensor.dims] },
      };
      const decoded = await decoder.run(feeds, tensor.name);
      for (let row = 0; row < rows; row++) {
        const at = (start + row) * numComponents;
        errors.push(
          componentErrorRatio(
            inputs.subarray(at, at + numComponents),
            decoded.subarray(row * numComponents, (row + 1) * numComponents),
          ),
        );
      }
    }
    return nmseDb(errors);
  }

  return { samples: count, measure, close: () => decoder.release() };
}
