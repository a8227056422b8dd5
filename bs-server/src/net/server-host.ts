import { readFile } from 'node:fs/promises';
import type { DecoderEvent } from '../decode/batch-decoder.ts';
import type { ExecutionProvider } from '../decode/graph.ts';
import { logDecoderEvent, logLifecycle } from '../ops/event-log.ts';
import { Registry, registerMeters } from '../ops/meters.ts';
import { loadServedModel, type ServedModel, sameLink } from '../ops/model-catalog.ts';
import { ModelControl, type ModelUser } from '../ops/model-control.ts';
import { ModelTally, modelMeters } from '../ops/model-tally.ts';
import { ModelVersions } from '../ops/model-versions.ts';
import { Tally } from '../ops/server-stats.ts';
import { DriftWatch, Watchdog } from '../ops/watchdog.ts';
import type { ResolvedOptions } from '../options.ts';
import type { OfferedFile } from './http-answer.ts';
import type { OnUpgrade } from './listener.ts';
import type { PagesContext } from './pages.ts';
import { Ports } from './ports.ts';

/** What a server does: everything itself, the gateway of a site, or its decode worker. */
export interface ServerRole {
  readonly name: 'all' | 'gateway' | 'worker';
  /** True while reports or batches can be decoded. */
  readonly ready: boolean;
  /** True once nothing will ever be decoded again. */
  readonly down: boolean;
  /** What UEs may fetch at present, by path. */
  readonly files: ReadonlyMap<string, OfferedFile>;
  /** Undefined where no connections are taken. */
  readonly upgrade: OnUpgrade | undefined;
  readonly pages: PagesContext | undefined;
  /** What /healthz says beside what it says of every server. */
  health(): object;
  /** Makes it ready. @returns the execution provider; undefined where only others decode */
  start(): Promise<ExecutionProvider | undefined>;
  beat(): void;
  /** Loads and warms up a model in every decoder, or in none. */
  load(model: ServedModel): Promise<void>;
  /** Frees a model version in every decoder. */
  free(version: string): Promise<void>;
  /** UEs that use models. */
  users(): Iterable<ModelUser<ServedModel>>;
  /** Reports of a model version in front of the decoders. */
  queued(version: string): number;
  modelsChanged(): void;
  /** Takes no more, and waits until what it has is settled. */
  drain(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

type Phase = 'starting' | 'serving' | 'draining' | 'closed';

/**
 * What every server has whatever its role: ports, model versions and their life cycle, counters, a watchdog, and the phases
 * from start to close.
 */
export class ServerHost<R extends ServerRole = ServerRole> implements AsyncDisposable {
  readonly options: ResolvedOptions;
  readonly versions: ModelVersions<ServedModel>;
  readonly tally = new Tally();
  readonly modelTally = new ModelTally();
  /** Registers what /metrics tells. */
  readonly metrics = new Registry();
  readonly watchdog: Watchdog;
  readonly lifecycle: ModelControl<ServedModel>;
  protected readonly role: R;
  readonly #ports: Ports;
  readonly #drift: DriftWatch;
  #version = '';
  #phase: Phase = 'starting';
  #provider: ExecutionProvider | undefined;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * @param served - models at the start, the active one first
   * @param numReady - how many of them, from the first, are loaded from the start
   * @param createRole - may keep the host: its life cycle and ports are there once it is started
   * @param beatMs - pace at which the server looks at itself
   */
  constructor(
    options: ResolvedOptions,
    served: readonly ServedModel[],
    numReady: number,
    createRole: (host: ServerHost) => R,
    beatMs = 250,
  ) {
    const { clock, logger, modelsDirectory, drainTimeoutMs } = options;
    this.options = options;
    this.versions = new ModelVersions(
      served.map((model) => [model.version, model] as const),
      numReady,
      clock,
    );
    this.#drift = new DriftWatch(logger);
    this.watchdog = new Watchdog({ ...options, beatMs, onBeat: () => this.#beat() });
    const role = createRole(this);
    this.role = role;
    this.lifecycle = new ModelControl({
      versions: this.versions,
      read: (folder) => loadServedModel(modelsDirectory, folder),
      load: (model) => role.load(model),
      free: (version) => role.free(version),
      users: () => role.users(),
      sameLink: (a, b) => sameLink(a.manifest, b.manifest),
      reports: (version) => this.modelTally.reports(version),
      serving: () => this.accepting,
      changed: () => role.modelsChanged(),
      note: (event) => logLifecycle(logger, event),
      drainTimeoutMs,
      clock,
    });
    registerMeters(
      this.metrics,
      'edge_csi_model',
      modelMeters(
        this.modelTally,
        () => this.lifecycle.status().models,
        (version) => role.queued(version),
      ),
    );
    this.#ports = new Ports({
      ...options,
      health: () => this.#health(),
      ready: () => this.accepting && role.ready && this.watchdog.onTime,
      files: () => role.files,
      metrics: () => this.metrics.metrics(),
      pages: role.pages,
      upgrade: role.upgrade,
      lifecycle: this.lifecycle,
      onRefused: (refusal) => this.tally.refused.add(refusal),
    });
  }

  get url(): string {
    return this.#ports.url;
  }

  get host(): string {
    return this.options.host;
  }

  get port(): number {
    return this.#ports.port;
  }

  get adminUrl(): string | undefined {
    return this.#ports.adminUrl;
  }

  /** Models that are served at present, the active one first; of one id there may be several versions. */
  get models(): readonly { readonly id: string; readonly sha256: string }[] {
    return this.versions.served.map(({ ref, sha256 }) => ({ id: ref.id, sha256 }));
  }

  get executionProvider(): ExecutionProvider | undefined {
    return this.#provider;
  }

  /** False before the decoder is ready, and from the time the server drains. */
  get accepting(): boolean {
    return this.#phase === 'serving';
  }

  /** Listens from the beginning, so that /healthz and /readyz answer meanwhile; closes what is open where it fails. */
  async start(): Promise<this> {
    try {
      this.#version = await packageVersion();
      await this.#ports.listen();
      this.#provider = await this.role.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#phase === 'starting') this.#phase = 'serving';
    this.options.logger.info({ url: this.url, adminUrl: this.adminUrl, ...this.#health().body }, 'serving');
    return this;
  }

  /** Counts and logs what happens to decoders. */
  noted(event: DecoderEvent): void {
    if (event.kind === 'serving') this.#provider = event.ready.provider;
    if (event.kind === 'batch-failed') this.tally.failedBatches.add();
    if (event.kind === 'restarting') this.tally.workerRestarts.add();
    logDecoderEvent(this.options.logger, event);
  }

  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #drain(): Promise<void> {
    if (this.#phase !== 'closed') this.#phase = 'draining';
    await this.role.drain(this.options.drainTimeoutMs);
  }

  async #close(): Promise<void> {
    this.#phase = 'closed';
    this.watchdog.stop();
    await this.role.close();
    await this.#ports.close();
  }

  #beat(): void {
    this.role.beat();
    this.#drift.check(this.modelTally.drifts(this.lifecycle.status().models));
    // Reports are settled and UEs come and go all the time: what drains is looked at now and then.
    this.lifecycle.checkDrained();
  }

  #health(): { ok: boolean; body: object } {
    const failed = this.accepting && this.role.down;
    const body = {
      role: this.role.name,
      status: failed ? 'failed' : this.#phase,
      version: this.#version,
      executionProvider: this.#provider ?? null,
      ...this.role.health(),
    };
    return { ok: !failed, body };
  }
}

/** Version of this package, as its package.json says. */
async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}
