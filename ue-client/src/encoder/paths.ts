import { createUeCodec } from '@edge-csi/csi';
import type { PathBundle } from '@edge-csi/models';
import type { ReportEncoder } from '../report-encoder.ts';

/** Makes an encoder of path reports: plain TypeScript, for there is no network to run. */
export function createPathReportEncoder({ codec }: PathBundle): ReportEncoder {
  const encoder = createUeCodec(codec).createEncoder({});
  return { encode: (csi, rate) => encoder.encode(csi, rate), close: async () => undefined };
}
