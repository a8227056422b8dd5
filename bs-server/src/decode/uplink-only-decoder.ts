import { CsiError, createUplinkDenoiser, frobeniusNorm, type UplinkDenoiser, uplinkMagnitudeInto } from '@edge-csi/csi';
import type { UplinkOnlyBundle } from '@edge-csi/models';
import type { BatchBuffers } from './batch-buffers.ts';
import type { BatchSizes } from './batch-layout.ts';
import type { Graph } from './graph.ts';

/** What a decode worker needs of an uplink-only model. Plain data: it crosses to another thread. */
export interface UplinkOnlyDecoderModel {
  /** What requests name it by: its id. */
  readonly key: string;
  readonly sizes: BatchSizes;
  readonly numAntennas: number;
  readonly numDelays: number;
  /** Norm of the downlink over that of the uplink, linear. */
  readonly downlinkOverUplink: number;
  readonly decoderOnnx: Uint8Array;
}

/** What the decode worker needs of an uplink-only model. */
export function uplinkOnlyDecoderModelOf({ manifest, decoder }: UplinkOnlyBundle): UplinkOnlyDecoderModel {
  const { numAntennas, numDelays } = manifest.csi;
  return {
    key: manifest.id,
    sizes: { maxCodewordBytes: 0, maxPhaseBytes: 0, maxEntries: numAntennas * numDelays },
    numAntennas,
    numDelays,
    downlinkOverUplink: 10 ** (manifest.normalization.downlinkOverUplinkDb / 20),
    decoderOnnx: decoder,
  };
}

/**
 * Estimates downlink magnitudes from batches of uplinks, without any report. Not for two batches at a time.
 *
 * The uplink knows nothing of the downlink's phases, so an estimate carries its magnitudes as real parts and zeros as
 * imaginary parts: the square of an entry is the power at its angle and delay, and its phase means nothing.
 */
export class UplinkOnlyDecoder {
  readonly #model: UplinkOnlyDecoderModel;
  readonly #decoder: Graph;
  readonly #numEntries: number;
  readonly #denoiser: UplinkDenoiser;
  readonly #uplink: Float32Array;
  readonly #norms: Float64Array;

  constructor(model: UplinkOnlyDecoderModel, decoder: Graph, maxBatchSize: number) {
    this.#model = model;
    this.#decoder = decoder;
    this.#numEntries = model.numAntennas * model.numDelays;
    this.#denoiser = createUplinkDenoiser(model);
    this.#uplink = new Float32Array(maxBatchSize * this.#numEntries);
    this.#norms = new Float64Array(maxBatchSize);
  }

  /** Norm of the downlink, linear, that row `i` of the last batch was scaled to: told from its denoised uplink. */
  normOf(i: number): number {
    return this.#norms[i] as number;
  }

  /**
   * Writes an estimate for each of the first `count` uplinks of a batch; one without a finite estimate is flagged, and one
   * whose uplink holds nothing but noise, which there is nothing to estimate from.
   */
  async decode(batch: BatchBuffers, count: number): Promise<void> {
    const n = this.#numEntries;
    for (let i = 0; i < count; i++) {
      const { uplink: measured } = batch.read(i, n);
      if (measured === undefined) throw new RangeError(`job ${i} of ${this.#model.key} has no uplink`);
      const uplink = this.#denoiser.denoise(measured);
      uplinkMagnitudeInto(this.#uplink.subarray(i * n, (i + 1) * n), uplink);
      this.#norms[i] = this.#model.downlinkOverUplink * frobeniusNorm(uplink);
    }
    const magnitude = await this.#magnitude(count);
    for (let i = 0; i < count; i++) {
      const out = batch.estimate(i, n);
      const norm = this.#norms[i] as number;
      // A network without a bound on its last layer may fall below zero, which no magnitude does.
      for (let k = 0; k < n; k++) out[k] = norm * Math.max(0, magnitude[i * n + k] as number);
      out.fill(0, n);
      batch.setStatus(i, norm > 0 && Number.isFinite(frobeniusNorm(out)) ? 'decoded' : 'estimate');
    }
  }

  /** Runs the network on a batch of zeros, so that the first uplink does not pay for its start. */
  async warmUp(count: number): Promise<void> {
    await this.#magnitude(count);
  }

  async #magnitude(count: number): Promise<Float32Array> {
    const { key, numAntennas, numDelays } = this.#model;
    const values = this.#uplink.subarray(0, count * this.#numEntries);
    const magnitude = await this.#decoder.run(
      { uplink: { values, dims: [count, numAntennas, numDelays] } },
      'magnitude',
    );
    if (magnitude.length === values.length) return magnitude;
    throw new CsiError(
      'model-invalid',
      `${key}: magnitude has ${magnitude.length} values for ${values.length} of uplink`,
    );
  }
}
