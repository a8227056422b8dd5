import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { BsServerOptions, NatsOptions } from '@edge-csi/bs-server';
import { Gateway, loadCatalog, ReportPipeline, readDecoder, resolveOptions } from '@edge-csi/bs-server/cluster';
import { createBsCodec } from '@edge-csi/csi';
import type { DataOptions } from '@edge-csi/lab/data';
import { monotonicMs } from '@edge-csi/lab/metrics';
import type { ReportManifest } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import type { ReportOutcome } from '@edge-csi/proto';
import { startThread, threadCpuMs } from '../../children/child.ts';
import { orAborted } from '../../interruption.ts';
import { openReportBank, type ReportBank } from '../server/load-ue.ts';
import { startBroker } from './measured-process.ts';
import type { RecordedAnswerData, RecordedAnswerReady } from './recorded-answer-worker.ts';

/** What one gateway takes from accepted report to result, with a worker that gives a recorded answer. */
export interface GatewayIngest {
  /** Whether every report carries the uplink of its slot. */
  readonly uplinks: boolean;
  /** Whether every answer brings the estimates back, for subscribers of the gateway. */
  readonly estimates: boolean;
  readonly reportsPerSecond: number;
  /** Processor time of the gateway's thread a report. */
  readonly gatewayCpuUs: number;
  readonly reportsPerCpuSecond: number;
}

export interface GatewayIngestOptions {
  readonly manifest: ReportManifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly seconds: number;
  /** Cuts the measurement short, which then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/** Reports of one message. */
const messageSize = 32;
const numUes = 4096;
/** Decoders the worker claims to have: as many full messages are on their way, twice. */
const decoders = 4;
/** Reports that wait in front of the broker before more are made. */
const maxQueued = 4 * messageSize;
const settleSeconds = 1;

export async function measureGatewayIngest(
  options: GatewayIngestOptions,
  { uplinks, estimates }: Pick<GatewayIngest, 'uplinks' | 'estimates'>,
): Promise<GatewayIngest> {
  const { manifest, zoo, data, seconds, signal } = options;
  const bank = await openReportBank(path.join(zoo, manifest.id), data);
  const source = await reportSource(options, bank);
  const broker = await startBroker();
  let settled = 0;
  const stage = await startGatewayStage(
    {
      nats: { servers: [broker.url] },
      modelsDirectory: zoo,
      models: [manifest.id],
      maxBatchSize: messageSize,
      // Full messages only.
      maxQueueDelayMs: 100,
      uplinkWaitMs: 0,
      maxHoldMs: 0,
      logLevel: 'error',
      limits: { maxUes: numUes },
      deadlineMs: 5_000,
    },
    estimates,
    (outcome) => {
      if (outcome === 'decoded') settled++;
    },
  );
  const workerData: RecordedAnswerData = { servers: [broker.url], model: stage.version, decoders };
  const worker = startThread(new URL('./recorded-answer-worker.js', import.meta.url), workerData);
  try {
    await orAborted(signal, worker.next<RecordedAnswerReady>('ready'));
    while (!stage.serving) {
      signal.throwIfAborted();
      await turn();
    }
    const push = source(stage, uplinks);
    await pushFor(stage, push, settleSeconds, signal);
    const before = { settled, ms: monotonicMs(), cpuMs: threadCpuMs() ?? Number.NaN };
    await pushFor(stage, push, seconds, signal);
    const reports = settled - before.settled;
    const gatewayCpuUs = (((threadCpuMs() ?? Number.NaN) - before.cpuMs) * 1000) / reports;
    const reportsPerSecond = (reports * 1000) / (monotonicMs() - before.ms);
    return { uplinks, estimates, reportsPerSecond, gatewayCpuUs, reportsPerCpuSecond: 1e6 / gatewayCpuUs };
  } finally {
    await stage.close();
    await worker.stop();
    await broker.close();
  }
}

async function pushFor(
  { pipeline }: GatewayStage,
  push: () => void,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = monotonicMs() + seconds * 1000;
  while (monotonicMs() < untilMs) {
    signal.throwIfAborted();
    while (pipeline.queues.size < maxQueued) push();
    await turn();
  }
}

/** Makes reports of many UEs in turn, as sessions hand them over. */
async function reportSource({ manifest, zoo }: GatewayIngestOptions, bank: ReportBank) {
  const codec = createBsCodec((await loadReportModel(path.join(zoo, manifest.id), [])).codec);
  const { numAntennas, numDelays } = manifest.csi;
  const origin = { settle: () => undefined, flush: () => undefined };
  const ueIds = Array.from({ length: numUes }, (_, i) => `ue-${i}`);
  return (stage: GatewayStage, uplinks: boolean) => {
    let next = 0;
    return () => {
      const seq = ++next;
      const ueId = ueIds[seq % numUes] as string;
      const { uplink, ...payload } = bank.at(seq);
      if (uplinks && uplink !== undefined) {
        stage.pipeline.pushUplink(ueId, { slot: seq, numAntennas, numDelays, values: uplink.values });
      }
      const receivedMs = monotonicMs();
      stage.pipeline.pushReport({
        ueId,
        epoch: 1,
        seq,
        slot: seq,
        model: stage.version,
        modelId: manifest.id,
        shape: { numAntennas, numDelays },
        periodSlots: 40,
        usesUplink: codec.usesUplink,
        record: codec.receive(payload, {}),
        payloadBits: payload.payloadBits,
        receivedMs,
        arrivalAgeMs: 0,
        deadlineMs: receivedMs + 5_000,
        origin,
      });
    };
  };
}

/** A gateway from an accepted report to its result, without its sockets. */
interface GatewayStage {
  readonly pipeline: ReportPipeline;
  /** Version name of the model it serves. */
  readonly version: string;
  /** True once it has heard of a worker. */
  readonly serving: boolean;
  close(): Promise<void>;
}

/**
 * Starts the way of reports through a gateway, for measuring it.
 *
 * @param options - with one model
 * @param wantsEstimates - whether answers are to hold the estimates, as for subscribers of this gateway
 * @param onSettled - told what became of each report
 */
async function startGatewayStage(
  options: BsServerOptions & { readonly nats: NatsOptions },
  wantsEstimates: boolean,
  onSettled: (outcome: ReportOutcome) => void,
): Promise<GatewayStage> {
  const resolved = resolveOptions({ ...options, localDecode: false });
  const [served] = await loadCatalog(resolved.modelsDirectory, resolved.models);
  if (served === undefined) throw new RangeError('models is empty, must name one');
  const decoder = await readDecoder(served);
  const gateway = new Gateway(resolved, options.nats);
  const pipeline = new ReportPipeline({
    options: { ...resolved, ...resolved.limits },
    uplinkOnly: undefined,
    createDecoder: (listener) => gateway.decoder([decoder], undefined, listener, () => wantsEstimates),
    outlet: {
      decoded: () => undefined,
      settled: (_, outcome) => onSettled(outcome),
      batchDone: () => undefined,
      lost: () => undefined,
      unreplaced: () => undefined,
      dropped: () => undefined,
    },
    queueBound: () => resolved.maxQueueSize,
    onDecoderEvent: () => undefined,
  });
  await pipeline.decoder.start();
  return {
    pipeline,
    version: served.version,
    get serving() {
      return pipeline.decoder.serving;
    },
    close: async () => {
      pipeline.abandon();
      await pipeline.decoder.close(1_000);
    },
  };
}
