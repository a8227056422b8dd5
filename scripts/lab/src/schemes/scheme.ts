import { type AngularDelayCsi, nmseDb, squaredErrorRatio } from '@edge-csi/csi';
import type { LinkSample } from '../link/transceiver.ts';

/** Values of a scheme's run-time knobs, by name. */
export type Setting = Readonly<Record<string, number>>;

/** Takes one carried report: sample index, every bit on the wire, and the BS's estimate, valid during the call. */
type ReportSink = (index: number, bits: number, estimate: AngularDelayCsi) => void;

/** A way to report CSI, network or classical, whose whole reports can be measured at any setting of its knobs. */
export interface Scheme {
  /** Model id, or a classical scheme's name. */
  readonly name: string;
  readonly family: 'network' | 'baseline';
  readonly settings: readonly Setting[];
  /** Carries samples from UE to BS, in order. */
  carry(samples: readonly LinkSample[], setting: Setting, onReport: ReportSink): Promise<void>;
}

/** Rate and accuracy of whole reports. */
export interface Measured {
  /** Mean bits of a whole report. */
  readonly bits: number;
  /** Complex NMSE, mean of the ratio. */
  readonly nmseDb: number;
}

/** Measures a scheme at one setting. */
export async function measureScheme(
  scheme: Scheme,
  samples: readonly LinkSample[],
  setting: Setting,
): Promise<Measured> {
  const errors: number[] = [];
  let total = 0;
  await scheme.carry(samples, setting, (index, bits, estimate) => {
    errors.push(squaredErrorRatio((samples[index] as LinkSample).downlink, estimate));
    total += bits;
  });
  return { bits: total / samples.length, nmseDb: nmseDb(errors) };
}
