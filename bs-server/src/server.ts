import { randomInt } from 'node:crypto';
import type { UplinkOnlyBundle } from '@edge-csi/models';
import type { ReportConfig } from '@edge-csi/proto';
import type { Gateway } from './cluster/gateway.ts';
import type { BatchListener } from './decode/batch-decoder.ts';
import { DecoderPool } from './decode/decoder-pool.ts';
import type { ExecutionProvider } from './decode/graph.ts';
import { batchSizesOf, uplinkOnlyWorkerModelOf } from './decode/loaded-model.ts';
import type { WorkerModel } from './decode/thread-port.ts';
import { startHintThread } from './hint/thread-port.ts';
import { UplinkHints } from './hint/uplink-hints.ts';
import { type ConfigChange, reportConfigOf } from './ingest/session-config.ts';
import { UeRegistry } from './ingest/ue-registry.ts';
import { UeSession } from './ingest/ue-session.ts';
import { UplinkIntake } from './ingest/uplink-intake.ts';
import { ReportPipeline } from './join/report-pipeline.ts';
import { AccessControl } from './net/access-token.ts';
import { offerOf } from './net/model-routes.ts';
import type { PagesContext } from './net/pages.ts';
import { ServerHost, type ServerRole } from './net/server-host.ts';
import { Upgrader } from './net/upgrader.ts';
import { registerMeters, statsOf } from './ops/meters.ts';
import { findModel, loadCatalog, loadUplinkOnly, readDecoder, type ServedModel } from './ops/model-catalog.ts';
import type { ModelLifecycle } from './ops/model-lifecycle.ts';
import { OverloadControl } from './ops/overload-control.ts';
import { createDistributions, type ServerStats, serverMeters } from './ops/server-stats.ts';
import { type BsServerOptions, resolveOptions } from './options.ts';
import { EstimateOutlet } from './publish/estimate-outlet.ts';
import { EstimateStream, SubscriberSession } from './publish/estimate-stream.ts';
import { HeldEstimates } from './publish/held-estimates.ts';
import { PredictedEstimates } from './publish/predicted-estimates.ts';
import type { DecodeJob } from './queue/decode-job.ts';

/** A running BS server. */
export interface BsServer extends AsyncDisposable {
  /** HTTP origin, as http://127.0.0.1:8080; the WebSocket paths are under the same host and port. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** HTTP origin of the administrative listener: metrics and the life cycle of models. */
  readonly adminUrl: string | undefined;
  /** Models that are served at present, the active one first; of one id there may be several versions. */
  readonly models: readonly { readonly id: string; readonly sha256: string }[];
  /** Loads, activates and unloads models while the server runs. */
  readonly lifecycle: ModelLifecycle;
  /** Where the decoder runs; undefined before it does, and where only workers elsewhere decode. */
  readonly executionProvider: ExecutionProvider | undefined;
  /** Counts and gauges as of now. */
  stats(): ServerStats;
  /**
   * Tells a connected UE what to report from now on, once the decoder of its model is loaded.
   *
   * @returns the configuration it was told
   * @throws RangeError where no UE of that id is connected or a value is out of bounds.
   * @throws CsiError where the decoder of its model cannot be loaded.
   */
  reconfigure(ueId: string, change: ConfigChange): Promise<ReportConfig>;
  /**
   * Turns away new connections and reports and waits until everything that has arrived is decoded and answered, at most
   * for the drain timeout; what is left then is shed.
   */
  drain(): Promise<void>;
  /** Ends everything. Reports that are not with the decoder are shed. Safe to call twice. */
  close(): Promise<void>;
}

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
  const { modelsDirectory, models, uplinkOnlyModel, nats } = resolved;
  const served = await loadCatalog(modelsDirectory, models);
  const uplinkOnly = await loadUplinkOnly(modelsDirectory, uplinkOnlyModel, served);
  // What talks to brokers is loaded only where there is one.
  const gateway = nats && new (await import('./cluster/gateway.ts')).Gateway(resolved, nats);
  // Other decoders are loaded once a UE is to use them; where nothing is decoded here, there is nothing to load.
  const numReady = gateway === undefined || resolved.localDecode ? 1 : served.length;
  const decoders = await Promise.all(served.slice(0, 1).map(readDecoder));
  const role = (host: ServerHost) => new Station(host, served, decoders, uplinkOnly, gateway);
  return new HostedStation(resolved, served, numReady, role).start();
}

class HostedStation extends ServerHost<Station> implements BsServer {
  stats(): ServerStats {
    return statsOf(this.role.meters.stats);
  }

  async reconfigure(ueId: string, change: ConfigChange): Promise<ReportConfig> {
    const model = change.model === undefined ? undefined : findModel(this.versions.served, change.model);
    if (model !== undefined) await this.lifecycle.use(model.version);
    const session = this.role.registry.get(ueId);
    if (session === undefined) throw new RangeError(`ueId is ${ueId}, no UE of that id is connected`);
    return reportConfigOf(session.reconfigure(change));
  }
}

/** Far more than any batch takes: a process that ends while a worker is inside onnxruntime is aborted. */
const workerEndTimeoutMs = 5_000;

/** What a server does that UEs, base bands and subscribers connect to: alone, or as a gateway to decode workers. */
class Station implements ServerRole {
  readonly name;
  readonly upgrade;
  readonly pages: PagesContext | undefined;
  readonly #host: ServerHost;
  readonly #uplinkOnly: UplinkOnlyBundle | undefined;
  readonly registry = new UeRegistry<UeSession>(randomInt(2 ** 32));
  readonly #stream: EstimateStream;
  readonly #predicted: PredictedEstimates;
  readonly #overload: OverloadControl;
  readonly #pipeline: ReportPipeline;
  readonly #hints: UplinkHints;
  readonly #upgrader: Upgrader;
  readonly meters;
  #offer;

  constructor(
    host: ServerHost,
    served: readonly ServedModel[],
    decoders: readonly WorkerModel[],
    uplinkOnly: UplinkOnlyBundle | undefined,
    gateway: Gateway | undefined,
  ) {
    const { options, tally, modelTally, versions, metrics } = host;
    const { limits, clock, logger, tokenSecret, maxHoldMs, estimateEverySlots, slotMs } = options;
    this.name = gateway === undefined ? ('all' as const) : ('gateway' as const);
    this.#host = host;
    this.#uplinkOnly = uplinkOnly;
    this.#offer = offerOf(versions);
    this.#stream = new EstimateStream(limits.maxBufferedBytes);
    this.#overload = new OverloadControl({
      ...options,
      tally,
      apply: (relief) => {
        for (const session of this.registry) session.relieve(relief);
      },
    });
    const { overload, stream, registry } = { overload: this.#overload, stream: this.#stream, registry: this.registry };
    const { maxUes } = limits;
    this.#predicted = new PredictedEstimates({
      ...{ everySlots: estimateEverySlots, slotMs, maxUes, clock },
      publish: (estimate) => outlet.published(estimate),
    });
    const outlet: EstimateOutlet = new EstimateOutlet({
      stream,
      held: new HeldEstimates({ maxHoldMs, maxUes }),
      predicted: this.#predicted,
      broadcast: gateway && ((estimate) => gateway.publish(estimate)),
      tally,
      modelTally,
      distributions: createDistributions(metrics),
      clock,
    });
    const alone = uplinkOnly === undefined ? [] : [uplinkOnlyWorkerModelOf(uplinkOnly)];
    const offered = [...served.map(({ version, codec }) => ({ key: version, sizes: batchSizesOf(codec) })), ...alone];
    const local = (listener: BatchListener<DecodeJob>) => new DecoderPool(options, [...decoders, ...alone], listener);
    const wantsEstimates = () => stream.subscribers > 0 || maxHoldMs > 0;
    this.#pipeline = new ReportPipeline({
      options: { ...options, ...limits },
      uplinkOnly: uplinkOnly?.manifest,
      createDecoder: (listener) => gateway?.decoder(offered, local, listener, wantsEstimates) ?? local(listener),
      outlet,
      queueBound: () => overload.queueBound,
      onDecoderEvent: (event) => host.noted(event),
    });
    const pipeline = this.#pipeline;
    const { decoder, watch } = pipeline;
    const use = (version: string) => host.lifecycle.use(version);
    const session = { options, versions, use, registry, watch, overload, pipeline, tally, modelTally };
    const hints = new UplinkHints({
      options,
      taker: (ueId) => registry.get(ueId),
      isBusy: () => overload.level > 0 || !host.watchdog.onTime,
      start: startHintThread,
    });
    this.#hints = hints;
    const uplinks = new UplinkIntake({
      shapes: () => this.#offer.shapes,
      onUplink(ueId, sample) {
        pipeline.pushUplink(ueId, sample);
        hints.offer(ueId, sample);
      },
      tally,
    });
    const accessControl = tokenSecret && new AccessControl(tokenSecret, clock);
    this.#upgrader = new Upgrader({
      ...options,
      endpoints: [
        { role: 'ue', most: limits.maxUes, open: (connection) => new UeSession(connection, session) },
        { role: 'phy', most: limits.maxPhyFeeds, open: () => uplinks },
        {
          role: 'estimates',
          most: limits.maxSubscribers,
          open: (connection) => new SubscriberSession(connection, stream),
        },
      ],
      accessControl,
      accepting: () => host.accepting,
      onReject: ({ code, message }) => {
        tally.rejects.add(code);
        logger.debug({ code, message }, 'rejected');
      },
      onRefused: (fault, message) => {
        tally.refused.add(fault);
        logger.debug({ fault, message }, 'upgrade refused');
      },
    });
    this.upgrade = this.#upgrader.upgrade;
    const onError = (err: unknown) => logger.error({ err }, 'a page failed');
    this.pages = options.pages && { pages: options.pages, accessControl, baseBand: uplinks, onError };
    const connections = (role: 'ue' | 'phy' | 'estimates') => this.#upgrader.connections(role);
    const { watchdog } = host;
    this.meters = serverMeters(tally, { pipeline, decoder, stream, overload, watchdog, connections });
    registerMeters(metrics, 'edge_csi', this.meters);
    if (gateway !== undefined) registerMeters(metrics, 'edge_csi_cluster', gateway.meters);
  }

  get files() {
    return this.#offer.files;
  }

  get ready(): boolean {
    return this.#pipeline.decoder.serving;
  }

  get down(): boolean {
    return this.#pipeline.decoder.down;
  }

  health(): object {
    return { models: this.#host.models, uplinkOnlyModel: this.#uplinkOnly?.manifest.id ?? null };
  }

  start(): Promise<ExecutionProvider | undefined> {
    return this.#pipeline.decoder.start();
  }

  beat(): void {
    const { decoder } = this.#pipeline;
    decoder.checkProgress(this.#host.options.decoderTimeoutMs);
    this.#overload.tick(decoder.numServing);
  }

  async load(model: ServedModel): Promise<void> {
    return this.#pipeline.decoder.load(await readDecoder(model));
  }

  free(version: string): Promise<void> {
    return this.#pipeline.unload(version);
  }

  users(): Iterable<UeSession> {
    return this.registry;
  }

  queued(version: string): number {
    return this.#pipeline.queues.sizeOf(version);
  }

  modelsChanged(): void {
    this.#offer = offerOf(this.#host.versions);
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#pipeline.drain(timeoutMs);
  }

  async close(): Promise<void> {
    this.#predicted.close();
    this.#pipeline.abandon();
    await this.#hints.close();
    await this.#pipeline.decoder.close(workerEndTimeoutMs);
    await this.#upgrader.close();
  }
}
