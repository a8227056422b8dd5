import { type AngularDelayCsi, CsiError, createRepresentation } from '@edge-csi/csi';
import { type Manifest, type ModelBundle, representationOf } from '@edge-csi/models';
import type { ReportConfig } from '@edge-csi/proto';
import type { Encoder } from './encoder/encoder.ts';

/** The rate knobs of a report. */
export type RateConfig = Pick<ReportConfig, 'codewordTruncation' | 'phaseTheta'>;

/** Bits of one report that the BS needs to decode it, without padding. */
export interface PayloadBits {
  readonly codeword: number;
  /** 0 where the model sends no norm. */
  readonly scale: number;
  /** Phase codes, or the signs of a model on absolute parts. */
  readonly phase: number;
  readonly total: number;
}

/** What a CsiReport carries of one CSI matrix. */
export interface EncodedReport {
  readonly codeword: Uint8Array;
  /** Level of the norm; 0 where the model sends none. */
  readonly scale: number;
  readonly phase: Uint8Array;
  readonly payloadBits: PayloadBits;
}

/**
 * The UE's whole computation without a connection: normalise, encode, quantise, allocate phase or sign bits from the
 * codeword, code the phases or signs. One call at a time.
 */
export interface ReportEncoder {
  /**
   * @throws CsiError `csi-invalid` where the matrix is unusable, of another shape than the model's, or off its scale
   * @throws RangeError where a rate knob is out of range
   */
  encode(csi: AngularDelayCsi, config: RateConfig): Promise<EncodedReport>;
  /** Releases the engine. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Makes a report encoder of something that runs the network alone: the rest is done here.
 *
 * @param bundle a model loaded with its encoder
 * @param encoder runs the bundle's encoder; closed with the result
 */
export function createReportEncoder(bundle: ModelBundle, encoder: Encoder): ReportEncoder {
  const { manifest, allocation, representation } = bundle;
  const { numAntennas, numDelays } = manifest.csi;
  const centred = new Int16Array(manifest.codeword.length);
  const bits = new Uint8Array(allocation.numEntries);
  let quantizer = bundle.quantizer;
  return {
    async encode(csi, { codewordTruncation, phaseTheta }) {
      if (csi.numAntennas !== numAntennas || csi.numDelays !== numDelays) {
        const found = `${csi.numAntennas} x ${csi.numDelays}`;
        throw new CsiError('csi-invalid', `CSI is ${found}, ${manifest.id} takes ${numAntennas} x ${numDelays}`);
      }
      const { input, norm } = representation.normalize(csi);
      const scale = representation.quantizeNorm(norm).level;
      const latent = await encoder.encode(input);
      // No await from here on: centred and bits are shared by all calls.
      if (quantizer.truncation !== codewordTruncation) quantizer = quantizer.withTruncation(codewordTruncation);
      const levels = quantizer.quantize(latent);
      quantizer.centredInto(centred, levels);
      allocation.allocateInto(bits, centred, phaseTheta);
      const codeword = quantizer.pack(levels);
      const phase = representation.encodePhase(csi, bits);
      const sizes = { codeword: codeword.bitLength, scale: representation.scaleBits, phase: phase.bitLength };
      return {
        codeword: codeword.bytes,
        scale,
        phase: phase.bytes,
        payloadBits: { ...sizes, total: sizes.codeword + sizes.scale + sizes.phase },
      };
    },
    close: () => encoder.close(),
  };
}

/**
 * Makes reports of made-up CSI until the engines have compiled what they will run: the first report takes a hundred
 * times as long as the fiftieth.
 */
export async function warmUp(reports: ReportEncoder, manifest: Manifest, runs: number): Promise<void> {
  const { numAntennas, numDelays } = manifest.csi;
  const { trialNorm } = createRepresentation(representationOf(manifest));
  const amplitude = trialNorm / Math.sqrt(numAntennas * numDelays);
  const values = Float32Array.from({ length: 2 * numAntennas * numDelays }, (_, i) => amplitude * Math.cos(i));
  for (let i = 0; i < runs; i++) {
    await reports.encode(
      { domain: 'angular-delay', numAntennas, numDelays, values },
      { codewordTruncation: 0, phaseTheta: manifest.phase.theta },
    );
  }
}
