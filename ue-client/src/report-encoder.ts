import {
  type AngularDelayCsi,
  CsiError,
  dequantizeScale,
  encodePhase,
  normalizeSpherical,
  quantizeScale,
} from '@edge-csi/csi';
import type { Manifest, ModelBundle } from '@edge-csi/models';
import type { ReportConfig } from '@edge-csi/proto';
import type { Encoder } from './encoder/encoder.ts';

/** The rate knobs of a report. */
export type RateConfig = Pick<ReportConfig, 'codewordTruncation' | 'phaseTheta'>;

/** Bits of one report that the BS needs to decode it, without padding. */
export interface PayloadBits {
  readonly codeword: number;
  readonly scale: number;
  readonly phase: number;
  readonly total: number;
}

/** What a CsiReport carries of one CSI matrix. */
export interface EncodedReport {
  readonly codeword: Uint8Array;
  readonly scale: number;
  readonly phase: Uint8Array;
  readonly payloadBits: PayloadBits;
}

export interface ReportEncoder {
  /** @throws CsiError `csi-invalid` where the matrix is unusable, of another shape than the model's, or off its scale */
  encode(csi: AngularDelayCsi, config: RateConfig): Promise<EncodedReport>;
}

/**
 * The UE's whole computation without a connection: normalise, encode, quantise, allocate phase bits from the codeword,
 * quantise the phases.
 *
 * @param bundle a model loaded with its encoder
 * @param encoder runs the bundle's encoder; stays the caller's to close
 */
export function createReportEncoder(bundle: ModelBundle, encoder: Encoder): ReportEncoder {
  const { manifest, allocation } = bundle;
  const { numAntennas, numDelays } = manifest.csi;
  const scaleSpec = manifest.normalization.scale;
  const centred = new Int16Array(manifest.codeword.length);
  const bits = new Uint8Array(allocation.numEntries);
  let quantizer = bundle.quantizer;
  return {
    async encode(csi, { codewordTruncation, phaseTheta }) {
      if (csi.numAntennas !== numAntennas || csi.numDelays !== numDelays) {
        const found = `${csi.numAntennas} x ${csi.numDelays}`;
        throw new CsiError('csi-invalid', `CSI is ${found}, ${manifest.id} takes ${numAntennas} x ${numDelays}`);
      }
      const { magnitude, norm } = normalizeSpherical(csi);
      const scale = quantizeScale(norm, scaleSpec).level;
      const latent = await encoder.encode(magnitude);
      // No await from here on: centred and bits are shared by all calls.
      if (quantizer.truncation !== codewordTruncation) quantizer = quantizer.withTruncation(codewordTruncation);
      const levels = quantizer.quantize(latent);
      quantizer.centredInto(centred, levels);
      allocation.allocateInto(bits, centred, phaseTheta);
      const codeword = quantizer.pack(levels);
      const phase = encodePhase(csi, bits);
      const sizes = { codeword: codeword.bitLength, scale: scaleSpec.bits, phase: phase.bitLength };
      return {
        codeword: codeword.bytes,
        scale,
        phase: phase.bytes,
        payloadBits: { ...sizes, total: sizes.codeword + sizes.scale + sizes.phase },
      };
    },
  };
}

/**
 * Makes reports of made-up CSI until the engines have compiled what they will run: the first report takes a hundred
 * times as long as the fiftieth.
 */
export async function warmUp(
  reports: ReportEncoder,
  { csi, normalization, phase }: Manifest,
  runs: number,
): Promise<void> {
  const { numAntennas, numDelays } = csi;
  // In the middle of the grid of norms, wherever that lies.
  const norm = dequantizeScale({ domain: 'scale', level: 2 ** (normalization.scale.bits - 1) }, normalization.scale);
  const amplitude = norm / Math.sqrt(numAntennas * numDelays);
  const values = Float32Array.from({ length: 2 * numAntennas * numDelays }, (_, i) => amplitude * Math.cos(i));
  for (let i = 0; i < runs; i++) {
    await reports.encode(
      { domain: 'angular-delay', numAntennas, numDelays, values },
      { codewordTruncation: 0, phaseTheta: phase.theta },
    );
  }
}
