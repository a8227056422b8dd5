import type { ReportOutcome } from '@edge-csi/proto';
import type { VersionDrift } from './watchdog.ts';

/** What has gone through one model version. */
export interface VersionCounts {
  /** Reports that were accepted for decoding. */
  accepted: number;
  readonly outcomes: Record<ReportOutcome, number>;
  batches: number;
  /** Time of all batches. */
  decodeMs: number;
  /** As of the latest batch that could tell. */
  codewordDrift: number | undefined;
}

/** Plain counters by model version, kept after a version is unloaded so that they never run backwards. */
export class ModelTally {
  readonly #byVersion = new Map<string, VersionCounts>();

  accept(version: string): void {
    this.#of(version).accepted++;
  }

  settle(version: string, outcome: ReportOutcome): void {
    this.#of(version).outcomes[outcome]++;
  }

  batch(version: string, { decodeMs, codewordDrift }: { decodeMs: number; codewordDrift: number | undefined }): void {
    const counts = this.#of(version);
    counts.batches++;
    counts.decodeMs += decodeMs;
    counts.codewordDrift = codewordDrift ?? counts.codewordDrift;
  }

  /** Accepted reports of a version that are not settled, and those decoded. */
  reports(version: string): { readonly inFlight: number; readonly decoded: number } {
    const { accepted, outcomes } = this.#of(version);
    const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    return { inFlight: accepted - settled, decoded: outcomes.decoded };
  }

  /** Drift of a version's codewords in nats, where it can be told. */
  codewordDrift(version: string): number | undefined {
    return this.#byVersion.get(version)?.codewordDrift;
  }

  /** Drift of those versions where it can be told, with the UEs that report with them. */
  drifts(versions: Iterable<{ readonly version: string; readonly ues: number }>): VersionDrift[] {
    return [...versions].flatMap(({ version, ues }) => {
      const nats = this.codewordDrift(version);
      return nats === undefined ? [] : [{ version, nats, ues }];
    });
  }

  /** Every version that has had a report. */
  get entries(): Iterable<readonly [string, VersionCounts]> {
    return this.#byVersion;
  }

  #of(version: string): VersionCounts {
    let counts = this.#byVersion.get(version);
    if (counts === undefined) {
      const outcomes = { decoded: 0, superseded: 0, late: 0, shed: 0, invalid: 0 };
      counts = { accepted: 0, outcomes, batches: 0, decodeMs: 0, codewordDrift: undefined };
      this.#byVersion.set(version, counts);
    }
    return counts;
  }
}
