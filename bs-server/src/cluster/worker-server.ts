import type { DecoderEvent } from '../decode/batch-decoder.ts';
import { decoderModelOf } from '../decode/decoder-model.ts';
import { DecoderPool } from '../decode/decoder-pool.ts';
import type { ExecutionProvider } from '../decode/graph.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import { uplinkOnlyDecoderModelOf } from '../decode/uplink-only-decoder.ts';
import { Listeners } from '../net/listeners.ts';
import { type ClusterGauges, createWorkerMetrics } from '../ops/cluster-metrics.ts';
import { noteLifecycle } from '../ops/lifecycle-log.ts';
import { LoopLag } from '../ops/loop-lag.ts';
import { loadCatalog, loadServedModel, type ServedModel, sameLink } from '../ops/model-catalog.ts';
import { ModelControl } from '../ops/model-control.ts';
import { ModelTally } from '../ops/model-tally.ts';
import { ModelVersions } from '../ops/model-versions.ts';
import { Tally } from '../ops/tally.ts';
import { loadUplinkOnly } from '../ops/uplink-only-catalog.ts';
import { noteWorkerEvent } from '../ops/worker-log.ts';
import type { NatsOptions } from '../options.ts';
import { type BsServerOptions, type ResolvedOptions, resolveOptions } from '../options.ts';
import { BatchQueues } from '../queue/batch-queues.ts';
import type { Broker } from './broker.ts';
import { brokerNews } from './broker-news.ts';
import { ClusterTally } from './cluster-tally.ts';
import { DecodeService } from './decode-service.ts';
import type { DecodeWorker } from './decode-worker.ts';
import { connectNats } from './nats-broker.ts';
import type { WorkerJob } from './open-request.ts';
import { peerName } from './peer-name.ts';
import { beatSubject } from './subjects.ts';
import { beatMs, type WorkerBeat, writeBeat } from './worker-beat.ts';

/** Far more than any batch takes: a process that ends while a decoder is inside onnxruntime is aborted. */
const poolEndTimeoutMs = 5_000;
/** Lateness of the event loop beyond which batches are better sent elsewhere. */
const maxLoopLagMs = 1_000;

/**
 * Starts a decode worker and waits until it is in the queue group.
 *
 * @throws RangeError where an option is out of bounds, or `nats` is missing.
 * @throws CsiError where a model is missing or broken.
 * @throws Error where NATS cannot be reached, no execution provider can run the models, or a port is taken.
 */
export async function startDecodeWorker(options: BsServerOptions): Promise<DecodeWorker> {
  const resolved = resolveOptions(options);
  if (resolved.nats === undefined) throw new RangeError('nats is missing: a decode worker needs a broker');
  const served = await loadCatalog(resolved.modelsDirectory, resolved.models);
  const worker = new ComposedWorker(resolved, served);
  try {
    await worker.start(resolved.nats, served);
  } catch (error) {
    await worker.close();
    throw error;
  }
  return worker;
}

type Phase = 'starting' | 'serving' | 'draining' | 'closed';

/** The parts of a worker, made and joined. */
class ComposedWorker implements DecodeWorker {
  readonly name = peerName('worker');
  readonly lifecycle: ModelControl<ServedModel>;
  readonly #options: ResolvedOptions;
  readonly #versions: ModelVersions<ServedModel>;
  readonly #tally = new Tally();
  readonly #modelTally = new ModelTally();
  readonly #clusterTally = new ClusterTally();
  readonly #queues: BatchQueues<WorkerJob>;
  readonly #lag: LoopLag;
  readonly #listeners: Listeners;
  #pool: DecoderPool<WorkerJob> | undefined;
  #broker: Broker | undefined;
  #service: DecodeService | undefined;
  #beat: NodeJS.Timeout | undefined;
  #phase: Phase = 'starting';
  #provider: ExecutionProvider | undefined;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedOptions, served: readonly ServedModel[]) {
    this.#options = options;
    this.#versions = new ModelVersions(
      served.map((model) => [model.version, model] as const),
      options.clock,
    );
    this.#queues = new BatchQueues(options);
    this.#lag = new LoopLag(beatMs, options.clock());
    this.lifecycle = this.#createLifecycle();
    const metrics = createWorkerMetrics(
      {
        tally: this.#clusterTally,
        // Read when somebody asks.
        gauges: this.#gauges(),
      },
      {
        tally: this.#modelTally,
        status: () => this.lifecycle.status().models,
        queued: (version) => this.#queues.sizeOf(version),
      },
    );
    this.#listeners = new Listeners({
      options,
      tally: this.#tally,
      probes: { health: () => this.#health(), ready: () => this.#ready },
      metrics,
      lifecycle: this.lifecycle,
      files: () => new Map(),
      connections: undefined,
    });
  }

  get url(): string {
    return this.#listeners.url;
  }

  get adminUrl(): string | undefined {
    return this.#listeners.adminUrl;
  }

  get executionProvider(): ExecutionProvider | undefined {
    return this.#provider;
  }

  async start(nats: NatsOptions, served: readonly ServedModel[]): Promise<void> {
    const { logger, modelsDirectory, uplinkOnlyModel } = this.#options;
    await this.#listeners.listen();
    const uplinkOnly = await loadUplinkOnly(modelsDirectory, uplinkOnlyModel, served);
    const models = [
      ...served.map(({ bundle }) => decoderModelOf(bundle)),
      ...(uplinkOnly === undefined ? [] : [uplinkOnlyDecoderModelOf(uplinkOnly)]),
    ];
    this.#pool = this.#createPool(models);
    this.#broker = await this.#connect(nats);
    this.#provider = await this.#pool.start();
    this.#service = this.#createService(this.#broker, this.#pool, models);
    if (this.#phase === 'starting') this.#phase = 'serving';
    this.#beat = setInterval(() => this.#onBeat(), beatMs);
    this.#onBeat();
    await this.#broker.flush();
    const { name, url, adminUrl } = this;
    logger.info({ worker: name, url, adminUrl, provider: this.#provider, models: this.#service.models }, 'decoding');
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

  get #ready(): boolean {
    const { clock } = this.#options;
    const connected = this.#broker?.connected ?? false;
    return connected && (this.#service?.inGroup ?? false) && this.#lag.atMs(clock()) <= maxLoopLagMs;
  }

  async #drain(): Promise<void> {
    if (this.#phase !== 'closed') this.#phase = 'draining';
    await this.#service?.drain(this.#options.drainTimeoutMs);
  }

  async #close(): Promise<void> {
    this.#phase = 'closed';
    clearInterval(this.#beat);
    await this.#pool?.close(poolEndTimeoutMs);
    if (this.#service !== undefined) this.#sayBeat(this.#service, 'left');
    await this.#broker?.close();
    await this.#listeners.close();
  }

  #createPool(models: readonly WorkerModel[]): DecoderPool<WorkerJob> {
    return new DecoderPool<WorkerJob>(this.#options, models, {
      decoded: (slot, decodeMs, codewordDrift) => this.#service?.finish(slot, decodeMs, codewordDrift),
      lost: (jobs, reason) => this.#service?.lose(jobs, reason),
      changed: (event) => this.#noted(event),
    });
  }

  #createService(broker: Broker, decoder: DecoderPool<WorkerJob>, models: readonly WorkerModel[]): DecodeService {
    const { clock, maxQueueSize } = this.#options;
    return new DecodeService({
      broker,
      worker: this.name,
      decoder,
      queues: this.#queues,
      models,
      maxQueueSize,
      lagMs: () => this.#lag.atMs(clock()),
      tally: this.#clusterTally,
      listener: {
        accepted: (model, count) => {
          for (let i = 0; i < count; i++) this.#modelTally.accept(model);
        },
        settled: (model, outcome, count) => {
          for (let i = 0; i < count; i++) this.#modelTally.settle(model, outcome);
          this.lifecycle.checkDrained();
        },
        batchDone: (model, _, decodeMs, codewordDrift) => this.#modelTally.batch(model, { decodeMs, codewordDrift }),
      },
      clock,
    });
  }

  #createLifecycle(): ModelControl<ServedModel> {
    const { modelsDirectory, drainTimeoutMs, clock, logger } = this.#options;
    return new ModelControl<ServedModel>({
      versions: this.#versions,
      read: (folder) => loadServedModel(modelsDirectory, folder),
      load: async (model) => {
        const decoderModel = decoderModelOf(model.bundle);
        await this.#pool?.load(decoderModel);
        this.#service?.add(decoderModel);
      },
      free: async (version) => {
        await this.#service?.remove(version);
        await this.#pool?.unload(version);
      },
      users: () => [],
      sameLink: (a, b) => sameLink(a.manifest, b.manifest),
      reports: (version) => this.#modelTally.reports(version),
      serving: () => this.#phase === 'serving',
      changed: () => this.#onBeat(),
      note: noteLifecycle(logger),
      drainTimeoutMs,
      clock,
    });
  }

  async #connect(nats: NatsOptions): Promise<Broker> {
    const tally = this.#clusterTally;
    return connectNats(
      nats,
      this.name,
      brokerNews(tally, (event) => this.#noted(event)),
    );
  }

  #noted(event: DecoderEvent): void {
    noteWorkerEvent(event, this.#tally, this.#options.logger);
    this.#service?.update();
  }

  /** Says that it is there; leaves the group while its decoders do not get on, and comes back. */
  #onBeat(): void {
    const { clock, decoderTimeoutMs } = this.#options;
    this.#lag.beat(clock());
    this.#pool?.checkProgress(decoderTimeoutMs);
    const service = this.#service;
    if (service === undefined) return;
    service.update();
    this.#sayBeat(service, service.draining ? 'draining' : service.inGroup ? 'serving' : 'stuck');
  }

  #sayBeat({ models, load }: DecodeService, state: WorkerBeat['state']): void {
    const decoders = this.#pool?.numServing ?? 0;
    this.#broker?.publish(beatSubject(this.name), writeBeat({ worker: this.name, state, models, decoders, load }));
  }

  #gauges(): ClusterGauges {
    const broker = () => this.#broker;
    const service = () => this.#service;
    return {
      get connected() {
        return broker()?.connected ?? false;
      },
      get requests() {
        return service()?.open ?? 0;
      },
      get inGroup() {
        return service()?.inGroup ?? false;
      },
    };
  }

  #health(): { ok: boolean; body: unknown } {
    const failed = this.#phase === 'serving' && (this.#pool?.down ?? false);
    const body = {
      role: 'worker',
      name: this.name,
      status: failed ? 'failed' : this.#phase,
      broker: this.#broker?.connected ?? false,
      executionProvider: this.#provider ?? null,
      models: this.#service?.models ?? [],
    };
    return { ok: !failed, body };
  }
}
