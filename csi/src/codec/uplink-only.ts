import { type CsiShape, frobeniusNorm } from '../csi.ts';
import { CsiError } from '../errors.ts';
import { createUplinkDenoiser, type UplinkDenoiser } from '../uplink/denoiser.ts';
import { uplinkMagnitudeInto } from '../uplink/input.ts';
import type { DecodeRow, Network, RowCodec, RowDecoder, RowStatus } from './codec.ts';

/** What an uplink-only model says of itself. Plain data: it crosses to other threads. */
export interface UplinkOnlySpec extends CsiShape {
  readonly kind: 'uplink-only';
  readonly id: string;
  /** Norm of the downlink over that of the uplink, linear. */
  readonly downlinkOverUplink: number;
}

/** A decoder of uplinks alone: its rows have no record. */
export interface UplinkOnlyCodec extends RowCodec {
  createDecoder(...args: Parameters<RowCodec['createDecoder']>): UplinkOnlyDecoder;
}

/** What decodes the uplinks of a model. */
export function createUplinkOnly(spec: UplinkOnlySpec): UplinkOnlyCodec {
  const { numAntennas, numDelays } = spec;
  return {
    shape: { numAntennas, numDelays },
    networks: [{ name: 'decoder', input: 'uplink' }],
    maxRecordBytes: 0,
    createDecoder: ({ decoder }, maxBatchSize) => new UplinkOnlyDecoder(spec, decoder as Network, maxBatchSize),
  };
}

/**
 * Estimates downlink magnitudes from batches of uplinks, without any report.
 *
 * The uplink knows nothing of the downlink's phases, so an estimate carries its magnitudes as real parts and zeros as
 * imaginary parts: the square of an entry is the power at its angle and delay, and its phase means nothing.
 */
export class UplinkOnlyDecoder implements RowDecoder {
  readonly drift = undefined;
  readonly #spec: UplinkOnlySpec;
  readonly #decoder: Network;
  readonly #numEntries: number;
  readonly #denoiser: UplinkDenoiser;
  readonly #uplink: Float32Array;
  readonly #norms: Float64Array;

  constructor(spec: UplinkOnlySpec, decoder: Network, maxBatchSize: number) {
    this.#spec = spec;
    this.#decoder = decoder;
    this.#numEntries = spec.numAntennas * spec.numDelays;
    this.#denoiser = createUplinkDenoiser(spec);
    this.#uplink = new Float32Array(maxBatchSize * this.#numEntries);
    this.#norms = new Float64Array(maxBatchSize);
  }

  /** Norm of the downlink, linear, that row `i` of the last batch was scaled to: told from its denoised uplink. */
  normOf(i: number): number {
    return this.#norms[i] as number;
  }

  /** A row without a finite estimate is flagged, and one whose uplink holds nothing but noise. */
  async decode(rows: readonly DecodeRow[]): Promise<RowStatus[]> {
    const n = this.#numEntries;
    for (const [i, { uplink: measured }] of rows.entries()) {
      if (measured === undefined) throw new RangeError(`job ${i} of ${this.#spec.id} has no uplink`);
      const uplink = this.#denoiser.denoise(measured);
      uplinkMagnitudeInto(this.#uplink.subarray(i * n, (i + 1) * n), uplink);
      this.#norms[i] = this.#spec.downlinkOverUplink * frobeniusNorm(uplink);
    }
    const magnitude = await this.#magnitude(rows.length);
    return rows.map(({ estimate }, i) => {
      const norm = this.#norms[i] as number;
      // A network without a bound on its last layer may fall below zero, which no magnitude does.
      for (let k = 0; k < n; k++) estimate[k] = norm * Math.max(0, magnitude[i * n + k] as number);
      estimate.fill(0, n);
      return norm > 0 && Number.isFinite(frobeniusNorm(estimate)) ? 'decoded' : 'estimate';
    });
  }

  async warmUp(count: number): Promise<void> {
    await this.#magnitude(count);
  }

  async #magnitude(count: number): Promise<Float32Array> {
    const { id, numAntennas, numDelays } = this.#spec;
    const values = this.#uplink.subarray(0, count * this.#numEntries);
    const uplink = { values, dims: [count, numAntennas, numDelays] };
    const magnitude = await this.#decoder.run({ uplink }, 'magnitude');
    if (magnitude.length === values.length) return magnitude;
    const problem = `magnitude has ${magnitude.length} values for ${values.length} of uplink`;
    throw new CsiError('model-invalid', `${id}: ${problem}`);
  }
}
