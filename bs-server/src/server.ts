import { randomInt } from 'node:crypto';
import type { UplinkOnlyBundle } from '@edge-csi/models';
import type { ReportConfig } from '@edge-csi/proto';
import type { BsServer } from './bs-server.ts';
import type { GatewayLink } from './cluster/gateway-link.ts';
import { openLink } from './cluster/open-link.ts';
import type { DecoderEvent } from './decode/batch-decoder.ts';
import { DecodeStage } from './decode/decode-stage.ts';
import type { ExecutionProvider } from './decode/graph.ts';
import { Connections } from './ingest/connections.ts';
import { type ConfigChange, reportConfigOf } from './ingest/session-config.ts';
import { UeRegistry } from './ingest/ue-registry.ts';
import type { UeSession } from './ingest/ue-session.ts';
import { ReportWatch } from './join/report-watch.ts';
import { Listeners } from './net/listeners.ts';
import { noteLifecycle } from './ops/lifecycle-log.ts';
import { createMetrics, type Metrics } from './ops/metrics.ts';
import { loadCatalog, loadServedModel, type ServedModel, sameLink } from './ops/model-catalog.ts';
import { ModelControl } from './ops/model-control.ts';
import { type ModelOffer, offerOf } from './ops/model-offer.ts';
import { ModelTally } from './ops/model-tally.ts';
import { ModelVersions } from './ops/model-versions.ts';
import { OverloadControl } from './ops/overload-control.ts';
import { noRelief } from './ops/overload-policy.ts';
import { packageVersion } from './ops/package-version.ts';
import { type Gauges, type ServerStats, statsOf } from './ops/server-stats.ts';
import { Tally } from './ops/tally.ts';
import { loadUplinkOnly } from './ops/uplink-only-catalog.ts';
import { VitalSigns } from './ops/vital-signs.ts';
import { noteWorkerEvent } from './ops/worker-log.ts';
import { type BsServerOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { EstimateOutlet } from './publish/estimate-outlet.ts';
import { EstimateStream } from './publish/estimate-stream.ts';
import { HeldEstimates } from './publish/held-estimates.ts';

/**
 * Starts a BS server and waits until its decoder is warm. It listens from the beginning, so that /healthz and /readyz
 * answer meanwhile.
 *
 * @throws RangeError where an option is out of bounds.
 * @throws CsiError where a model is missing or broken.
 * @throws Error where no execution provider can run the models, or a port is taken.
 */
export async function startBsServer(options: BsServerOptions = {}): Promise<BsServer> {
  const resolved = resolveOptions(options);
  const served = await loadCatalog(resolved.modelsDirectory, resolved.models);
  const uplinkOnly = await loadUplinkOnly(resolved.modelsDirectory, resolved.uplinkOnlyModel, served);
  const server = new ComposedServer(resolved, served, uplinkOnly, await packageVersion(), await openLink(resolved));
  try {
    await server.start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** Far more than any batch takes: a process that ends while a worker is inside onnxruntime is aborted. */
const workerEndTimeoutMs = 5_000;

type Phase = 'starting' | 'serving' | 'draining' | 'closed';

/** The parts of a server, made and joined. */
class ComposedServer implements BsServer {
  readonly host: string;
  readonly lifecycle: ModelControl<ServedModel>;
  readonly #options: ResolvedOptions;
  readonly #uplinkOnly: UplinkOnlyBundle | undefined;
  readonly #version: string;
  readonly #versions: ModelVersions<ServedModel>;
  readonly #tally = new Tally();
  readonly #modelTally = new ModelTally();
  readonly #metrics: Metrics;
  readonly #registry = new UeRegistry<UeSession>(randomInt(2 ** 32));
  readonly #stream: EstimateStream;
  readonly #watch: ReportWatch;
  readonly #decode: DecodeStage;
  readonly #overload: OverloadControl | undefined;
  readonly #vitalSigns: VitalSigns;
  readonly #connections: Connections;
  readonly #listeners: Listeners;
  #offer: ModelOffer;
  #phase: Phase = 'starting';
  #provider: ExecutionProvider | undefined;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    options: ResolvedOptions,
    served: readonly ServedModel[],
    uplinkOnly: UplinkOnlyBundle | undefined,
    version: string,
    link: GatewayLink | undefined,
  ) {
    this.host = options.host;
    this.#options = options;
    this.#uplinkOnly = uplinkOnly;
    this.#version = version;
    this.#versions = new ModelVersions(
      served.map((model) => [model.version, model] as const),
      options.clock,
    );
    const models = {
      tally: this.#modelTally,
      status: () => this.lifecycle.status().models,
      queued: (version: string) => this.#decode.queued(version),
    };
    this.#metrics = createMetrics(this.#tally, () => this.#gauges(), models, link);
    this.#offer = offerOf(this.#versions);
    this.#stream = new EstimateStream(options.limits.maxBufferedBytes);
    this.#watch = new ReportWatch({ ...options, ...options.limits });
    this.#decode = this.#createDecodeStage(served, link);
    this.#overload = options.overloadControl ? this.#createOverloadControl() : undefined;
    this.#vitalSigns = new VitalSigns({
      ...options,
      decoder: this.#decode.decoder,
      overload: this.#overload,
      drifts: () => this.#modelTally.drifts(this.lifecycle.status().models),
    });
    this.lifecycle = this.#createLifecycle();
    this.#connections = new Connections({
      options,
      served: () => this.#versions.ready,
      shapes: () => this.#offer.shapes,
      registry: this.#registry,
      watch: this.#watch,
      relief: () => this.#overload?.relief ?? noRelief,
      stream: this.#stream,
      pipeline: this.#decode.pipeline,
      tally: this.#tally,
      modelTally: this.#modelTally,
      accepting: () => this.#phase === 'serving',
      onUeMoved: () => this.lifecycle.checkDrained(),
    });
    this.#listeners = new Listeners({
      options,
      tally: this.#tally,
      probes: {
        health: () => this.#health(),
        ready: () => this.#phase === 'serving' && this.#vitalSigns.ready,
      },
      metrics: () => this.#metrics.render(),
      lifecycle: this.lifecycle,
      files: () => this.#offer.files,
      connections: this.#connections,
    });
  }

  get url(): string {
    return this.#listeners.url;
  }

  get port(): number {
    return this.#listeners.port;
  }

  get adminUrl(): string | undefined {
    return this.#listeners.adminUrl;
  }

  get models(): BsServer['models'] {
    return this.#versions.ready.map(({ ref, sha256 }) => ({ id: ref.id, sha256 }));
  }

  get executionProvider(): ExecutionProvider | undefined {
    return this.#provider;
  }

  async start(): Promise<void> {
    await this.#listeners.listen();
    this.#provider = await this.#decode.decoder.start();
    if (this.#phase === 'starting') this.#phase = 'serving';
    this.#options.logger.info({ url: this.url, adminUrl: this.adminUrl, ...this.#health().body }, 'serving');
  }

  stats(): ServerStats {
    return statsOf(this.#tally, this.#gauges());
  }

  reconfigure(ueId: string, change: ConfigChange): ReportConfig {
    const session = this.#registry.get(ueId);
    if (session === undefined) throw new RangeError(`ueId is ${ueId}, no UE of that id is connected`);
    return reportConfigOf(session.reconfigure(change));
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
    await this.#decode.pipeline.drain(this.#options.drainTimeoutMs);
  }

  async #close(): Promise<void> {
    this.#phase = 'closed';
    this.#vitalSigns.stop();
    this.#decode.pipeline.abandon();
    await this.#decode.decoder.close(workerEndTimeoutMs);
    await this.#connections.close();
    await this.#listeners.close();
  }

  #createDecodeStage(served: readonly ServedModel[], link: GatewayLink | undefined): DecodeStage {
    const options = this.#options;
    const listener = new EstimateOutlet({
      stream: this.#stream,
      held: new HeldEstimates({ maxHoldMs: options.maxHoldMs, maxUes: options.limits.maxUes }),
      broadcast: link && ((estimate) => link.publish(estimate)),
      tally: this.#tally,
      modelTally: this.#modelTally,
      metrics: this.#metrics,
      onSettled: () => this.lifecycle.checkDrained(),
      clock: options.clock,
    });
    const onWorkerEvent = (event: DecoderEvent) => {
      if (event.kind === 'serving') this.#provider = event.ready.provider;
      noteWorkerEvent(event, this.#tally, options.logger);
    };
    return new DecodeStage({
      options,
      served,
      uplinkOnly: this.#uplinkOnly,
      watch: this.#watch,
      listener,
      queueBound: () => this.#overload?.queueBound ?? options.maxQueueSize,
      onWorkerEvent,
      link,
      wantsEstimates: () => this.#stream.subscribers > 0 || options.maxHoldMs > 0,
    });
  }

  #createOverloadControl(): OverloadControl {
    return new OverloadControl({
      ...this.#options,
      tally: this.#tally,
      numWorkers: () => this.#decode.decoder.numServing,
      apply: (relief) => {
        for (const session of this.#registry) session.relieve(relief);
      },
    });
  }

  #createLifecycle(): ModelControl<ServedModel> {
    const { modelsDirectory, drainTimeoutMs, clock, logger } = this.#options;
    return new ModelControl<ServedModel>({
      versions: this.#versions,
      read: (folder) => loadServedModel(modelsDirectory, folder),
      load: (model) => this.#decode.load(model),
      free: (version) => this.#decode.free(version),
      users: () => this.#registry,
      sameLink: (a, b) => sameLink(a.manifest, b.manifest),
      reports: (version) => this.#modelTally.reports(version),
      serving: () => this.#phase === 'serving',
      changed: () => {
        this.#offer = offerOf(this.#versions);
      },
      note: noteLifecycle(logger),
      drainTimeoutMs,
      clock,
    });
  }

  #health(): { ok: boolean; body: object } {
    const failed = this.#phase === 'serving' && this.#decode.decoder.down;
    const body = {
      role: this.#options.nats === undefined ? 'all' : 'gateway',
      status: failed ? 'failed' : this.#phase,
      version: this.#version,
      executionProvider: this.#provider ?? null,
      models: this.models,
      uplinkOnlyModel: this.#uplinkOnly?.manifest.id ?? null,
    };
    return { ok: !failed, body };
  }

  #gauges(): Gauges {
    const { pipeline, decoder, join } = this.#decode;
    return {
      inFlight: pipeline.inFlight,
      queued: pipeline.queued,
      estimates: { sent: this.#stream.sent, skipped: this.#stream.skipped },
      uesEvicted: join.evicted,
      overloadLevel: this.#overload?.level ?? 0,
      decodersStuck: decoder.numStuck,
      loopLagMs: this.#vitalSigns.loopLagMs,
      connections: this.#connections.gateway.connections,
    };
  }
}
