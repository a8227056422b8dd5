import type { ReportOutcome } from '@edge-csi/proto';
import { CountBy, gaugesBy, type Meters } from './meters.ts';
import type { ModelStatus } from './model-lifecycle.ts';
import { versionStates } from './model-versions.ts';
import type { VersionDrift } from './watchdog.ts';

const outcomes: readonly ReportOutcome[] = ['decoded', 'superseded', 'late', 'shed', 'invalid'];
/** The id of a model and the start of its pairing hash. */
const labels = ['model', 'version'] as const;

/** What has gone through each model version, kept after it is unloaded so that nothing runs backwards. */
export class ModelTally {
  readonly settled = new CountBy('reports_total', 'Accepted CSI reports by what became of them', ...labels, 'outcome');
  readonly batches = new CountBy('batches_total', 'Decoded batches', ...labels);
  readonly decodeMs = new CountBy('decode_ms_total', 'Time of decoding batches in ms', ...labels);
  /** By version, as the next: reports that were accepted for decoding. */
  readonly #accepted = new Map<string, number>();
  /** As of the latest batch that could tell. */
  readonly #codewordDrift = new Map<string, number>();

  accept(version: string): void {
    this.#accepted.set(version, this.#of(version) + 1);
  }

  settle(version: string, outcome: ReportOutcome): void {
    this.settled.add(`${keyOf(version)}/${outcome}`);
  }

  batch(version: string, { decodeMs, codewordDrift }: { decodeMs: number; codewordDrift: number | undefined }): void {
    this.batches.add(keyOf(version));
    this.decodeMs.add(keyOf(version), decodeMs);
    if (codewordDrift !== undefined) this.#codewordDrift.set(version, codewordDrift);
  }

  /** Accepted reports of a version that are not settled, and those decoded. */
  reports(version: string): { readonly inFlight: number; readonly decoded: number } {
    const key = keyOf(version);
    return { inFlight: this.#of(version) - this.settled.sum(key), decoded: this.settled.sum(`${key}/decoded`) };
  }

  /** Drift of the codewords of those versions where it can be told, in nats, with the UEs that report with them. */
  drifts(versions: Iterable<{ readonly version: string; readonly ues: number }>): VersionDrift[] {
    return [...versions].flatMap(({ version, ues }) => {
      const nats = this.#codewordDrift.get(version);
      return nats === undefined ? [] : [{ version, nats, ues }];
    });
  }

  /** Accepted reports of a version, which has all its counters from now on. */
  #of(version: string): number {
    const known = this.#accepted.get(version);
    if (known !== undefined) return known;
    const key = keyOf(version);
    for (const outcome of outcomes) this.settled.add(`${key}/${outcome}`, 0);
    this.batches.add(key, 0);
    this.decodeMs.add(key, 0);
    this.#accepted.set(version, 0);
    return 0;
  }
}

/**
 * What /metrics tells of each model version.
 *
 * @param queued - reports in front of the decoders of a version
 */
export function modelMeters(
  tally: ModelTally,
  status: () => readonly ModelStatus[],
  queued: (version: string) => number,
): Meters {
  const each = (name: string, help: string, read: (model: ModelStatus) => number) =>
    gaugesBy(name, help, labels, () => status().map((model) => [labelsOf(model.version), read(model)]));
  return {
    settled: tally.settled,
    batches: tally.batches,
    decodeMs: tally.decodeMs,
    drift: gaugesBy(
      'codeword_drift_nats',
      'Divergence of the codewords from those of training, 0 for none',
      labels,
      () => tally.drifts(status()).map(({ version, nats }) => [labelsOf(version), nats]),
    ),
    inFlight: each('reports_in_flight', 'Accepted reports not settled yet', ({ inFlight }) => inFlight),
    queued: each('queue_depth', 'Reports in front of the decoders', ({ version }) => queued(version)),
    ues: each('ues', 'UEs that may send reports coded with it', ({ ues }) => ues),
    active: each('active', '1 for the version UEs are told to use', ({ active }) => Number(active)),
    state: gaugesBy('state', '1 for the state a version is in', [...labels, 'state'], () =>
      status().flatMap(({ version, state }) =>
        versionStates.map((name) => [{ ...labelsOf(version), state: name }, Number(name === state)] as const),
      ),
    ),
  };
}

/** `model/version`; a model for uplinks alone has no version. */
function keyOf(name: string): string {
  const at = name.lastIndexOf('@');
  return at < 0 ? `${name}/` : `${name.slice(0, at)}/${name.slice(at + 1)}`;
}

function labelsOf(name: string): { readonly model: string; readonly version: string } {
  const [model = '', version = ''] = keyOf(name).split('/');
  return { model, version };
}
