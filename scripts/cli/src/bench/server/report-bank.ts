import type { AngularDelayCsi } from '@edge-csi/csi';
import { type DataOptions, openData } from '@edge-csi/lab/data';
import { loadModel } from '@edge-csi/models/disk';
import type { ModelRef } from '@edge-csi/proto';
import { openEncoder } from '@edge-csi/ue-client';

/** What a report carries. */
export interface BankedReport {
  readonly codeword: Uint8Array;
  readonly scale: number;
  readonly phase: Uint8Array;
  readonly payloadBits: number;
  /** Uplink of the same sample. */
  readonly uplink: AngularDelayCsi | undefined;
}

/** Reports encoded beforehand, to be sent over and over. */
export interface ReportBank {
  readonly model: ModelRef;
  at(pick: number): BankedReport;
}

/** Most distinct reports. */
const maxReports = 256;

/** Encodes the first samples of a data file at the model's own theta. */
export async function openReportBank(
  modelDirectory: string,
  data: DataOptions,
  codewordTruncation = 0,
): Promise<ReportBank> {
  const bundle = await loadModel(modelDirectory, ['encoder']);
  const { id, phase: phaseSpec } = bundle.manifest;
  const source = await openData(data);
  const encoder = await openEncoder('ort', bundle);
  const config = { codewordTruncation, phaseTheta: phaseSpec.theta };
  const reports: BankedReport[] = [];
  for (let i = 0; i < Math.min(maxReports, source.numSamples); i++) {
    const { codeword, scale, phase, payloadBits } = await encoder.encode(source.downlink(i), config);
    reports.push({ codeword, scale, phase, payloadBits: payloadBits.total, uplink: source.uplink(i) });
  }
  await encoder.close();
  return { model: { id, sha256: bundle.sha256 }, at: (pick) => reports[pick % reports.length] as BankedReport };
}
