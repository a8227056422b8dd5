import { Counter, Gauge, type Registry } from 'prom-client';
import type { ModelStatus } from './model-lifecycle.ts';
import type { ModelTally } from './model-tally.ts';
import { versionStates } from './model-versions.ts';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Where the figures of model versions come from. */
export interface ModelSources {
  readonly tally: ModelTally;
  readonly status: () => readonly ModelStatus[];
  /** Reports in front of the decoders of a version. */
  readonly queued: (version: string) => number;
}

/**
 * Registers edge_csi_model_*: what went through each model version, labelled `model` (id) and `version` (start of the
 * pairing hash), and the state each is in.
 */
export function registerModelMetrics(registry: Registry, { tally, status, queued }: ModelSources): void {
  const registers = [registry];
  const labelNames = ['model', 'version'];
  const counter = (name: string, help: string, more: string[], read: () => Iterable<Sample>) =>
    new Counter({
      name: `edge_csi_model_${name}`,
      help,
      labelNames: [...labelNames, ...more],
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  const gauge = (name: string, help: string, more: string[], read: () => Iterable<Sample>) =>
    new Gauge({
      name: `edge_csi_model_${name}`,
      help,
      labelNames: [...labelNames, ...more],
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  const counts = () => [...tally.entries].map(([version, count]) => [labelsOf(version), count] as const);
  const each = (value: (model: ModelStatus) => number) =>
    status().map((model): Sample => [labelsOf(model.version), value(model)]);

  counter('reports_total', 'Accepted CSI reports by what became of them', ['outcome'], () =>
    counts().flatMap(([labels, { outcomes }]) =>
      Object.entries(outcomes).map(([outcome, count]): Sample => [{ ...labels, outcome }, count]),
    ),
  );
  counter('batches_total', 'Decoded batches', [], () => counts().map(([labels, { batches }]) => [labels, batches]));
  counter('decode_ms_total', 'Time of decoding batches in ms', [], () =>
    counts().map(([labels, { decodeMs }]) => [labels, decodeMs]),
  );
  gauge('codeword_drift_nats', 'Divergence of the codewords from those of training, 0 for none', [], () =>
    status().flatMap(({ version }): Sample[] => {
      const nats = tally.codewordDrift(version);
      return nats === undefined ? [] : [[labelsOf(version), nats]];
    }),
  );
  gauge('reports_in_flight', 'Accepted reports not settled yet', [], () => each(({ inFlight }) => inFlight));
  gauge('queue_depth', 'Reports in front of the decoders', [], () => each(({ version }) => queued(version)));
  gauge('ues', 'UEs that may send reports coded with it', [], () => each(({ ues }) => ues));
  gauge('active', '1 for the version UEs are told to use', [], () => each(({ active }) => Number(active)));
  gauge('state', '1 for the state a version is in', ['state'], () =>
    status().flatMap(({ version, state }) =>
      versionStates.map((name): Sample => [{ ...labelsOf(version), state: name }, Number(name === state)]),
    ),
  );
}

function labelsOf(name: string): { model: string; version: string } {
  const at = name.lastIndexOf('@');
  // A model for uplinks alone has no version.
  if (at < 0) return { model: name, version: '' };
  return { model: name.slice(0, at), version: name.slice(at + 1) };
}
