import path from 'node:path';
import { type Graph, openOrtGraph } from '@edge-csi/bs-server/decode';
import {
  CsiError,
  createBsCodec,
  createUeCodec,
  type Network,
  type Payload,
  type PayloadEncoder,
  type ReceivedPayload,
  type RowStatus,
} from '@edge-csi/csi';
import { createDualnet, createDualnetEncoder, type Dualnet } from '@edge-csi/csi/dualnet';
import type { CsiSource } from '@edge-csi/csi/files';
import { usableSample } from '@edge-csi/lab/data';
import { type LatencySummary, monotonicMs, summarizeLatency } from '@edge-csi/lab/metrics';
import { hasNetworks, type ModelFile, type ReportBundle, type ReportManifest } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import { decodeFrame, encodeFrame } from '@edge-csi/proto';
import { openEncoder, warmUp } from '@edge-csi/ue-client';
import { openOrtNetworks } from '@edge-csi/ue-client/ort';

/** Stages of a report, in their order: at the UE up to the frame, at the BS from there on. */
export const reportStages = [
  ...['normalize', 'encode', 'quantize', 'allocate', 'codePhases', 'frame'],
  ...['parse', 'decode', 'refine', 'reconstruct'],
  // What lies between stages: promises, copies, objects.
  'rest',
] as const;

type ReportStage = (typeof reportStages)[number];

/** Time of one report, warm, by stage, networks on onnxruntime-web at the UE, decoded alone. A stage that a codec does not have takes no time. */
export interface StageLatency {
  readonly stages: Readonly<Record<ReportStage, LatencySummary>>;
  /** All stages of a report together: from CSI to estimate without a link. */
  readonly endToEnd: LatencySummary;
}

interface StageOptions {
  readonly manifest: ReportManifest;
  readonly zoo: string;
  readonly source: CsiSource;
  readonly samples: number;
  readonly signal: AbortSignal;
}

const warmUpRuns = 300;

/** Measures a model's own code of both ends with a timer in it. */
export async function measureStages(options: StageOptions): Promise<StageLatency> {
  const { manifest, source, signal } = options;
  const bundle = await loadReportModel(path.join(options.zoo, manifest.id), ['encoder', 'decoder', 'refiner']);
  const timer = new StageTimer(reportStages, monotonicMs);
  const timed = (network: Network, stage: ReportStage): Network => ({
    run: (inputs, output) => timer.await(stage, () => network.run(inputs, output)),
  });
  const ue = await openTimedEncoder(bundle, timer);
  const codec = createBsCodec(bundle.codec);
  const graphs: Graph[] = [];
  const networks: Record<string, Network> = {};
  for (const { name } of codec.networks) {
    const onnx = bundle.files.get(name as ModelFile) as Uint8Array;
    const graph = await openOrtGraph(onnx, 'cpu', { intraOpNumThreads: 1 });
    graphs.push(graph);
    networks[name] = timed(graph, name === 'decoder' ? 'decode' : 'refine');
  }
  const decoder = codec.createDecoder(networks, 1);
  const estimate = new Float32Array(2 * manifest.csi.numAntennas * manifest.csi.numDelays);

  async function carry(index: number): Promise<void> {
    const downlink = usableSample(source, 'downlink', index);
    const uplink = source.uplink(index)?.values;
    let status: RowStatus | undefined;
    await timer.await('rest', async () => {
      const report = await ue.encode(downlink, {});
      const bytes = timer.run('frame', () => frameOf(report, manifest.id, index));
      const record = timer.run('parse', () => codec.receive(payloadOf(bytes), {}));
      [status] = await timer.await('reconstruct', () => decoder.decode([{ record, uplink, estimate }]));
    });
    if (status !== 'decoded') throw new CsiError('payload-invalid', `a report of our own did not decode: ${status}`);
  }

  try {
    await warmUp(ue, createUeCodec(bundle.codec), warmUpRuns);
    for (let i = 0; i < warmUpRuns; i++) {
      signal.throwIfAborted();
      await carry(i % options.samples);
    }
    timer.discard();
    for (let i = 0; i < options.samples; i++) {
      signal.throwIfAborted();
      await carry(i);
      timer.endReport();
    }
    return { stages: timer.summary(), endToEnd: timer.total() };
  } finally {
    await ue.close();
    for (const graph of graphs) await graph.release();
  }
}

/** The encoder of a model, its parts as stages: all of it is one where there is no network. */
async function openTimedEncoder(
  bundle: ReportBundle,
  timer: StageTimer<ReportStage>,
): Promise<PayloadEncoder & { close(): Promise<void> }> {
  if (!hasNetworks(bundle)) {
    const encoder = await openEncoder('micro', bundle);
    const encode: PayloadEncoder['encode'] = (csi, rate) => timer.await('encode', () => encoder.encode(csi, rate));
    return { encode, close: () => encoder.close() };
  }
  const { networks, close } = await openOrtNetworks(bundle, createUeCodec(bundle.codec).networks);
  const network = networks.encoder as Network;
  const dualnet = timedDualnet(createDualnet(bundle.codec), timer);
  const encoder = createDualnetEncoder(bundle.codec, dualnet, {
    run: (inputs, output) => timer.await('encode', () => network.run(inputs, output)),
  });
  return { encode: (csi, rate) => encoder.encode(csi, rate), close };
}

/** What the UE's codec does, as stages. */
function timedDualnet({ representation, quantizer, allocation }: Dualnet, timer: StageTimer<ReportStage>): Dualnet {
  const normalize = { normalize: 'normalize', quantizeNorm: 'normalize', encodePhase: 'codePhases' } as const;
  const quantize = { quantize: 'quantize', centredInto: 'quantize', pack: 'quantize' } as const;
  return {
    representation: timedMethods(representation, normalize, timer),
    quantizer: timedMethods(quantizer, quantize, timer),
    allocation: timedMethods(allocation, { allocateInto: 'allocate' }, timer),
  };
}

function frameOf({ codeword, scale, phase, payloadBits }: Payload, modelId: string, index: number): Uint8Array {
  const message = { epoch: 1, seq: index + 1, slot: index, modelId, revision: 1, processingUs: 0 };
  return encodeFrame('report', { ...message, codeword, scale, phase, payloadBits: payloadBits.total });
}

function payloadOf(bytes: Uint8Array): ReceivedPayload {
  const frame = decodeFrame(bytes);
  if (frame.kind !== 'report') throw new TypeError(`a report came back as ${frame.kind}`);
  return frame.value;
}

/**
 * Time that reports spend in each of some stages. A stage inside another is not counted as the outer one's, so that the stages
 * of a report add up to its whole time. One report at a time.
 */
export class StageTimer<Stage extends string> {
  readonly #stages: readonly Stage[];
  readonly #nowMs: () => number;
  readonly #reports: Record<Stage, number[]>;
  /** Of the report under way. */
  readonly #spentMs = new Map<Stage, number>();
  /** Time that the stages inside each open stage took, outermost first. */
  readonly #insideMs: number[] = [];

  /** @param nowMs - the clock */
  constructor(stages: readonly Stage[], nowMs: () => number) {
    this.#stages = stages;
    this.#nowMs = nowMs;
    this.#reports = this.#byStage(() => []);
  }

  /** Runs something as a stage. */
  run<T>(stage: Stage, work: () => T): T {
    const startMs = this.#enter();
    try {
      return work();
    } finally {
      this.#leave(stage, startMs);
    }
  }

  /** Awaits something as a stage. */
  async await<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const startMs = this.#enter();
    try {
      return await work();
    } finally {
      this.#leave(stage, startMs);
    }
  }

  /** Counts what was timed since the last call as one report. */
  endReport(): void {
    for (const stage of this.#stages) this.#reports[stage].push(this.#spentMs.get(stage) ?? 0);
    this.#spentMs.clear();
  }

  /** Forgets what was timed since the last report ended. */
  discard(): void {
    this.#spentMs.clear();
  }

  /** By stage, over the reports. */
  summary(): Record<Stage, LatencySummary> {
    return this.#byStage((stage) => summarizeLatency(this.#reports[stage]));
  }

  /** Of the stages of each report together. */
  total(): LatencySummary {
    const [first] = this.#stages;
    const count = first === undefined ? 0 : this.#reports[first].length;
    const totals = Array.from({ length: count }, (_, report) =>
      this.#stages.reduce((sum, stage) => sum + (this.#reports[stage][report] as number), 0),
    );
    return summarizeLatency(totals);
  }

  #enter(): number {
    this.#insideMs.push(0);
    return this.#nowMs();
  }

  #leave(stage: Stage, startMs: number): void {
    const tookMs = this.#nowMs() - startMs;
    const insideMs = this.#insideMs.pop() ?? 0;
    this.#spentMs.set(stage, (this.#spentMs.get(stage) ?? 0) + tookMs - insideMs);
    const outer = this.#insideMs.length - 1;
    if (outer >= 0) this.#insideMs[outer] = (this.#insideMs[outer] as number) + tookMs;
  }

  #byStage<T>(value: (stage: Stage) => T): Record<Stage, T> {
    return Object.fromEntries(this.#stages.map((stage) => [stage, value(stage)])) as Record<Stage, T>;
  }
}

/** An object whose named, synchronous methods are timed as stages, and which is otherwise the same. */
export function timedMethods<T extends object, Stage extends string>(
  target: T,
  stages: Readonly<Partial<Record<keyof T, Stage>>>,
  timer: StageTimer<Stage>,
): T {
  return new Proxy(target, {
    get: (object, key) => {
      // Methods may use private fields, which a proxy does not have.
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== 'function') return value;
      const stage = stages[key as keyof T];
      if (stage === undefined) return (...args: unknown[]) => Reflect.apply(value, object, args) as unknown;
      return (...args: unknown[]) => timer.run(stage, () => Reflect.apply(value, object, args) as unknown);
    },
  });
}
