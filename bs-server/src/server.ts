import type { UplinkOnlyBundle } from '@edge-csi/models';
import type { ReportConfig } from '@edge-csi/proto';
import type { AcceptedReport } from './accepted-report.ts';
import { Batcher } from './batching/batcher.ts';
import type { BsServer } from './bs-server.ts';
import type { DecodeJob, ReportJob } from './decode-job.ts';
import { decoderModelOf } from './decoding/decoder-model.ts';
import { DecoderPool } from './decoding/decoder-pool.ts';
import type { ExecutionProvider } from './decoding/graph.ts';
import type { WorkerEvent } from './decoding/pool-member.ts';
import { startWorkerThread } from './decoding/start-worker.ts';
import { uplinkOnlyDecoderModelOf } from './decoding/uplink-only-decoder.ts';
import { batchLayoutOf, loadCatalog, type ServedModel } from './model-catalog.ts';
import { type BsServerOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { OverloadControl } from './overload/overload-control.ts';
import { noRelief } from './overload/overload-policy.ts';
import { packageVersion } from './package-version.ts';
import { EstimateOutlet } from './publishing/estimate-outlet.ts';
import { EstimateStream } from './publishing/estimate-stream.ts';
import { ReportPipeline } from './report-pipeline.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { type Gauges, type ServerStats, statsOf } from './telemetry/server-stats.ts';
import { Tally } from './telemetry/tally.ts';
import { noteWorkerEvent } from './telemetry/worker-log.ts';
import { Gateway } from './transport/gateway.ts';
import { requestListener } from './transport/http-routes.ts';
import { Listener } from './transport/listener.ts';
import { modelRoutes } from './transport/model-routes.ts';
import { PhySession } from './transport/phy-session.ts';
import { type ConfigChange, reportConfigOf } from './transport/session-config.ts';
import { SubscriberSession } from './transport/subscriber-session.ts';
import { UeRegistry } from './transport/ue-registry.ts';
import { UeSession } from './transport/ue-session.ts';
import { WebSocketGate } from './transport/web-socket.ts';
import { ReportWatch } from './uplink/report-watch.ts';
import { UplinkJoin } from './uplink/uplink-join.ts';
import type { UplinkSample } from './uplink/uplink-ring.ts';
import { loadUplinkOnly } from './uplink-only-catalog.ts';
import { UplinkOnlyStage } from './uplink-only-stage.ts';
import { VitalSigns } from './vital-signs.ts';

/**
 * Starts a BS server and waits until its decoder is warm. It listens from the beginning, so that /healthz and /readyz
 * answer meanwhile.
 *
 * @throws RangeError where an option is out of bounds.
 * @throws CsiError where a model is missing or broken.
 * @throws Error where no execution provider can run the models, or the port is taken.
 */
export async function startBsServer(options: BsServerOptions = {}): Promise<BsServer> {
  const resolved = resolveOptions(options);
  const served = await loadCatalog(resolved.modelsDirectory, resolved.models);
  const uplinkOnly = await loadUplinkOnly(resolved.modelsDirectory, resolved.uplinkOnlyModel, served);
  const server = new ComposedServer(resolved, served, uplinkOnly, await packageVersion());
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
  readonly models: BsServer['models'];
  readonly #options: ResolvedOptions;
  readonly #served: readonly ServedModel[];
  readonly #uplinkOnly: UplinkOnlyBundle | undefined;
  readonly #version: string;
  readonly #tally = new Tally();
  readonly #metrics = createMetrics(this.#tally, () => this.#gauges());
  readonly #registry = new UeRegistry<UeSession>();
  readonly #stream: EstimateStream;
  readonly #join: UplinkJoin<AcceptedReport>;
  readonly #watch: ReportWatch;
  readonly #pool: DecoderPool<DecodeJob>;
  readonly #overload: OverloadControl | undefined;
  readonly #vitalSigns: VitalSigns;
  readonly #pipeline: ReportPipeline;
  readonly #gate: WebSocketGate;
  readonly #gateway: Gateway;
  readonly #listener: Listener;
  #phase: Phase = 'starting';
  #provider: ExecutionProvider | undefined;
  #port = 0;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    options: ResolvedOptions,
    served: readonly ServedModel[],
    uplinkOnly: UplinkOnlyBundle | undefined,
    version: string,
  ) {
    this.host = options.host;
    this.models = served.map(({ ref, sha256 }) => ({ id: ref.id, sha256 }));
    this.#options = options;
    this.#served = served;
    this.#uplinkOnly = uplinkOnly;
    this.#version = version;
    this.#stream = new EstimateStream(options.maxBufferedBytes);
    this.#join = new UplinkJoin(options);
    this.#watch = new ReportWatch(options);
    this.#pool = this.#createPool();
    this.#overload = options.overloadControl ? this.#createOverloadControl() : undefined;
    this.#vitalSigns = new VitalSigns({ ...options, pool: this.#pool, overload: this.#overload });
    this.#pipeline = this.#createPipeline();
    this.#gate = this.#createGate();
    this.#gateway = this.#createGateway();
    this.#listener = this.#createListener();
  }

  get url(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `http://${host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get executionProvider(): ExecutionProvider {
    return this.#provider ?? 'cpu';
  }

  async start(): Promise<void> {
    this.#port = await this.#listener.listen();
    this.#provider = await this.#pool.start();
    if (this.#phase === 'starting') this.#phase = 'serving';
    const models = this.models.map(({ id }) => id);
    const uplinkOnlyModel = this.#uplinkOnly?.manifest.id;
    this.#options.logger.info({ url: this.url, provider: this.#provider, models, uplinkOnlyModel }, 'serving');
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
    await this.#pipeline.drain(this.#options.drainTimeoutMs);
  }

  async #close(): Promise<void> {
    this.#phase = 'closed';
    this.#vitalSigns.stop();
    this.#pipeline.abandon();
    await this.#pool.close(workerEndTimeoutMs);
    await this.#gate.close();
    await this.#listener.close();
  }

  #createPool(): DecoderPool<DecodeJob> {
    const { maxBatchSize, executionProviders, intraOpNumThreads, decodeWorkers, maxWorkerRestarts, clock } =
      this.#options;
    const models = this.#served.map(({ bundle }) => decoderModelOf(bundle));
    const uplinkOnly = this.#uplinkOnly === undefined ? [] : [uplinkOnlyDecoderModelOf(this.#uplinkOnly)];
    const layout = batchLayoutOf(this.#served, maxBatchSize);
    return new DecoderPool<DecodeJob>(
      {
        startWorker: startWorkerThread,
        setup: { models: [...models, ...uplinkOnly], layout, executionProviders, intraOpNumThreads },
        numWorkers: decodeWorkers,
        maxRestarts: maxWorkerRestarts,
        clock,
      },
      {
        decoded: (slot, decodeMs) => this.#pipeline.finish(slot, decodeMs),
        lost: (jobs, reason) => this.#pipeline.lose(jobs, reason),
        changed: (event) => this.#workerChanged(event),
      },
    );
  }

  #createOverloadControl(): OverloadControl {
    return new OverloadControl({
      ...this.#options,
      tally: this.#tally,
      numWorkers: () => this.#pool.numServing,
      apply: (relief) => {
        for (const session of this.#registry) session.relieve(relief);
      },
    });
  }

  #createPipeline(): ReportPipeline {
    const { clock, maxBatchSize, deadlineMs, maxQueueSize } = this.#options;
    const { id: modelId, csi: shape } = this.#uplinkOnly?.manifest ?? {};
    const listener = new EstimateOutlet(this.#stream, this.#tally, this.#metrics, clock);
    const uplinkOnly = new UplinkOnlyStage({
      model: modelId && shape ? { index: this.#served.length, modelId, shape } : undefined,
      watch: this.#watch,
      join: this.#join,
      maxBatchSize,
      deadlineMs,
      listener,
    });
    const batchers = this.#served.map(() => new Batcher<ReportJob>(this.#options));
    const queueBound = () => this.#overload?.queueBound ?? maxQueueSize;
    return new ReportPipeline({
      join: this.#join,
      batchers,
      uplinkOnly,
      pool: this.#pool,
      clock,
      listener,
      queueBound,
    });
  }

  #createGate(): WebSocketGate {
    return new WebSocketGate({
      ...this.#options,
      maxBufferedBytes: 2 * this.#options.maxBufferedBytes,
      closeTimeoutMs: this.#options.drainTimeoutMs,
      onReject: ({ code, message }) => {
        this.#tally.reject(code);
        this.#options.logger.debug({ code, message }, 'rejected');
      },
    });
  }

  #createGateway(): Gateway {
    const { clock, deadlineMs, helloTimeoutMs, token } = this.#options;
    const tally = this.#tally;
    const ueContext = {
      served: this.#served,
      registry: this.#registry,
      watch: this.#watch,
      token,
      defaults: this.#options,
      relief: () => this.#overload?.relief ?? noRelief,
      helloTimeoutMs,
      deadlineMs,
      clock,
      onReport: () => tally.received++,
      onRefused: (reason: Parameters<Tally['settle']>[1]) => tally.settle('invalid', reason),
      accept: (report: AcceptedReport) => this.#pipeline.pushReport(report),
    };
    const phyContext = {
      shapes: this.#served.map(({ shape }) => shape),
      accept: (ueId: string, sample: UplinkSample) => {
        tally.uplinksReceived++;
        this.#pipeline.pushUplink(ueId, sample);
      },
      onInvalid: () => {
        tally.uplinksReceived++;
        tally.uplinksInvalid++;
      },
    };
    return new Gateway({
      ...this.#options,
      gate: this.#gate,
      accepting: () => this.#phase === 'serving',
      openUe: (peer) => new UeSession(peer, ueContext),
      openPhy: () => new PhySession(phyContext),
      openSubscriber: (peer) => new SubscriberSession(peer, this.#stream),
    });
  }

  #createListener(): Listener {
    const { host, port, helloTimeoutMs } = this.#options;
    return new Listener({
      host,
      port,
      headersTimeoutMs: helloTimeoutMs,
      onUpgrade: this.#gateway.upgrade,
      onRequest: requestListener({
        files: modelRoutes(this.#served),
        health: () => this.#health(),
        ready: () => this.#phase === 'serving' && this.#vitalSigns.ready,
        metrics: () => this.#metrics.render(),
      }),
    });
  }

  #health(): { ok: boolean; body: unknown } {
    const failed = this.#phase === 'serving' && this.#pool.down;
    const status = failed ? 'failed' : this.#phase;
    const executionProvider = this.#provider ?? null;
    const uplinkOnlyModel = this.#uplinkOnly?.manifest.id ?? null;
    const body = { status, version: this.#version, executionProvider, models: this.models, uplinkOnlyModel };
    return { ok: !failed, body };
  }

  #gauges(): Gauges {
    return {
      inFlight: this.#pipeline.inFlight,
      queued: this.#pipeline.queued,
      estimates: { sent: this.#stream.sent, skipped: this.#stream.skipped },
      uesEvicted: this.#join.evicted,
      overloadLevel: this.#overload?.level ?? 0,
      decodersStuck: this.#pool.numStuck,
      loopLagMs: this.#vitalSigns.loopLagMs,
      connections: this.#gateway.connections,
    };
  }

  #workerChanged(event: WorkerEvent): void {
    if (event.kind === 'serving') this.#provider = event.ready.provider;
    noteWorkerEvent(event, this.#tally, this.#options.logger);
    if (event.kind !== 'batch-failed') this.#pipeline.resume();
  }
}
