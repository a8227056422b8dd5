import type { DecoderEvent } from '../decode/batch-decoder.ts';
import { DecoderPool } from '../decode/decoder-pool.ts';
import type { ExecutionProvider } from '../decode/graph.ts';
import { uplinkOnlyWorkerModelOf } from '../decode/loaded-model.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import { ServerHost, type ServerRole } from '../net/server-host.ts';
import { gauge, registerMeters } from '../ops/meters.ts';
import { loadCatalog, loadUplinkOnly, readDecoder, type ServedModel } from '../ops/model-catalog.ts';
import { type BsServerOptions, type NatsOptions, resolveOptions } from '../options.ts';
import { BatchQueues } from '../queue/batch-queues.ts';
import type { BsServer } from '../server.ts';
import { type Broker, ClusterTally, connectionMeters } from './broker.ts';
import { DecodeService } from './decode-service.ts';
import { connectNats } from './nats-broker.ts';
import type { WorkerJob } from './open-request.ts';
import { beatSubject, peerName } from './subjects.ts';
import { beatMs, type WorkerBeat, writeBeat } from './worker-beat.ts';

/**
 * A running decode worker: it has no sockets but those of its operator, and decodes what gateways send over the broker. It
 * drains by leaving the queue group and answering everything it has taken.
 */
export interface DecodeWorker
  extends AsyncDisposable,
    Pick<BsServer, 'url' | 'adminUrl' | 'executionProvider' | 'lifecycle' | 'drain' | 'close'> {
  /** Its name at the broker. */
  readonly name: string;
}

/**
 * Starts a decode worker and waits until it is in the queue group.
 *
 * @throws RangeError where an option is out of bounds, or `nats` is missing.
 * @throws CsiError where a model is missing or broken.
 * @throws Error where NATS cannot be reached, no execution provider can run the models, or a port is taken.
 */
export async function startDecodeWorker(options: BsServerOptions): Promise<DecodeWorker> {
  const resolved = resolveOptions(options);
  const { nats, modelsDirectory, models, uplinkOnlyModel } = resolved;
  if (nats === undefined) throw new RangeError('nats is missing: a decode worker needs a broker');
  const served = await loadCatalog(modelsDirectory, models);
  const uplinkOnly = await loadUplinkOnly(modelsDirectory, uplinkOnlyModel, served);
  const decoders = await Promise.all(served.map(readDecoder));
  if (uplinkOnly !== undefined) decoders.push(uplinkOnlyWorkerModelOf(uplinkOnly));
  // No UE tells a worker what it will use: it has all that it offers ready.
  const role = (host: ServerHost) => new BatchWorker(host, nats, decoders);
  return new HostedWorker(resolved, served, served.length, role, beatMs).start();
}

class HostedWorker extends ServerHost<BatchWorker> implements DecodeWorker {
  get name(): string {
    return this.role.worker;
  }
}

/** Far more than any batch takes: a process that ends while a decoder is inside onnxruntime is aborted. */
const poolEndTimeoutMs = 5_000;

/** What a decode worker of a site does: connects to the broker, and has its pool decode what comes from there. */
class BatchWorker implements ServerRole {
  readonly name = 'worker';
  /** Its name at the broker. */
  readonly worker = peerName('worker');
  readonly files = new Map();
  readonly upgrade = undefined;
  readonly pages = undefined;
  readonly #host: ServerHost;
  readonly #nats: NatsOptions;
  readonly #tally = new ClusterTally();
  readonly #queues: BatchQueues<WorkerJob>;
  readonly #models: readonly WorkerModel[];
  readonly #pool: DecoderPool<WorkerJob>;
  #broker: Broker | undefined;
  #service: DecodeService | undefined;

  constructor(host: ServerHost, nats: NatsOptions, models: readonly WorkerModel[]) {
    this.#host = host;
    this.#nats = nats;
    this.#queues = new BatchQueues(host.options);
    this.#models = models;
    this.#pool = new DecoderPool(host.options, this.#models, {
      decoded: (slot, decodeMs, codewordDrift) => this.#service?.finish(slot, decodeMs, codewordDrift),
      lost: (jobs, reason) => this.#service?.lose(jobs, reason),
      changed: (event) => this.#noted(event),
    });
    registerMeters(host.metrics, 'edge_csi_cluster', {
      ...this.#tally,
      ...connectionMeters(
        () => this.#broker,
        () => this.#service?.open,
      ),
      inGroup: gauge('in_group', '1 while the queue group gives batches to this worker', () => Number(this.#inGroup)),
    });
  }

  get ready(): boolean {
    return (this.#broker?.connected ?? false) && this.#inGroup;
  }

  get down(): boolean {
    return this.#pool.down;
  }

  get #inGroup(): boolean {
    return this.#service?.inGroup ?? false;
  }

  health(): object {
    return { name: this.worker, broker: this.#broker?.connected ?? false, models: this.#service?.models ?? [] };
  }

  async start(): Promise<ExecutionProvider> {
    const { options, modelTally, watchdog } = this.#host;
    const listener = this.#tally.listener((event) => this.#noted(event));
    this.#broker = await connectNats(this.#nats, this.worker, listener);
    const provider = await this.#pool.start();
    this.#service = new DecodeService({
      broker: this.#broker,
      worker: this.worker,
      decoder: this.#pool,
      queues: this.#queues,
      models: this.#models,
      maxQueueSize: options.maxQueueSize,
      lagMs: () => watchdog.loopLagMs,
      tally: this.#tally,
      modelTally,
      clock: options.clock,
    });
    this.beat();
    await this.#broker.flush();
    return provider;
  }

  /** Says that it is there; leaves the group while its decoders do not get on, and comes back. */
  beat(): void {
    this.#pool.checkProgress(this.#host.options.decoderTimeoutMs);
    const service = this.#service;
    if (service === undefined) return;
    service.update();
    this.#say(service, service.draining ? 'draining' : service.inGroup ? 'serving' : 'stuck');
  }

  async load(served: ServedModel): Promise<void> {
    const model = await readDecoder(served);
    await this.#pool.load(model);
    this.#service?.add(model);
  }

  async free(version: string): Promise<void> {
    await this.#service?.remove(version);
    await this.#pool.unload(version);
  }

  users(): [] {
    return [];
  }

  queued(version: string): number {
    return this.#queues.sizeOf(version);
  }

  modelsChanged(): void {
    this.beat();
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.#service?.drain(timeoutMs);
  }

  async close(): Promise<void> {
    await this.#pool.close(poolEndTimeoutMs);
    if (this.#service !== undefined) this.#say(this.#service, 'left');
    await this.#broker?.close();
  }

  #noted(event: DecoderEvent): void {
    this.#host.noted(event);
    this.#service?.update();
  }

  #say({ models, load }: DecodeService, state: WorkerBeat['state']): void {
    const beat = { worker: this.worker, state, models, decoders: this.#pool.numServing, load };
    this.#broker?.publish(beatSubject(this.worker), writeBeat(beat));
  }
}
