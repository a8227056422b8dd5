import { WireError } from './errors.ts';
import type { CsiReport } from './generated/messages.ts';

/** The sizes a model and a configuration give every report. */
export interface ReportSizes {
  /** Codeword after truncation, without padding. */
  readonly codewordBits: number;
  /** 0 where the model sends no norm: the scale must be 0 then. */
  readonly scaleBits: number;
  /** Most phase or sign bits any codeword of the model can ask for. */
  readonly maxPhaseBits: number;
}

/**
 * Checks a report's lengths against its model. The exact phase length follows from the codeword and is checked where
 * the phase is decoded.
 *
 * @returns phase bits the report says it carries
 * @throws WireError `report-invalid`, with the report's seq
 */
export function checkReport(report: CsiReport, sizes: ReportSizes): number {
  const refuse = (field: string, found: number, expected: string) =>
    new WireError('report-invalid', `report.${field}: ${found}, expected ${expected}`, { seq: report.seq });
  const codewordBytes = Math.ceil(sizes.codewordBits / 8);
  if (report.codeword.length !== codewordBytes) {
    throw refuse('codeword', report.codeword.length, `${codewordBytes} bytes for ${sizes.codewordBits} bits`);
  }
  if (report.scale >= 2 ** sizes.scaleBits) throw refuse('scale', report.scale, `${sizes.scaleBits} bits`);
  const phaseBits = report.payloadBits - sizes.codewordBits - sizes.scaleBits;
  if (phaseBits < 0 || phaseBits > sizes.maxPhaseBits) {
    const fixed = sizes.codewordBits + sizes.scaleBits;
    throw refuse('payloadBits', report.payloadBits, `${fixed}..${fixed + sizes.maxPhaseBits}`);
  }
  const phaseBytes = Math.ceil(phaseBits / 8);
  if (report.phase.length !== phaseBytes) {
    throw refuse('phase', report.phase.length, `${phaseBytes} bytes for the ${phaseBits} bits that payloadBits leaves`);
  }
  return phaseBits;
}
