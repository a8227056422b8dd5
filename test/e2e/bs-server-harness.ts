import { createRandom, encodePhase, type Quantizer, reconstructInto, uplinkMagnitudeInto } from '@edge-csi/csi';
import { createDualnet, type PhaseAllocation } from '@edge-csi/csi/dualnet';
import type { ModelBundle, ReportBundle } from '@edge-csi/models';
import { listModels, loadModel, zooDirectory } from '@edge-csi/models/disk';
import {
  type CsiReport,
  csiMatrixOf,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameBodies,
  type FrameKind,
  protocolVersion,
  type ReportConfig,
  subprotocol,
} from '@edge-csi/proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { WebSocket } from 'ws';

/** Longest wait for anything that should happen at once; only a failing test waits that long. */
const patienceMs = 30_000;

/** A raw connection to the server that keeps every frame until a test asks for it. */
export class Connection {
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #frames: Frame[] = [];
  #onFrame: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => {
      this.#frames.push(decodeFrame(data));
      this.#onFrame();
    });
  }

  /** @throws Error where the upgrade is refused, with its status. */
  static async open(url: string, path: string, options: WebSocket.ClientOptions = {}): Promise<Connection> {
    const socket = new WebSocket(url.replace(/^http/, 'ws') + path, subprotocol, options);
    const connection = new Connection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return connection;
  }

  send(bytes: Uint8Array | string): void {
    this.socket.send(bytes);
  }

  sendFrame<K extends FrameKind>(kind: K, value: FrameBodies[K]): void {
    this.send(encodeFrame(kind, value));
  }

  /** The next frame of a kind; frames of other kinds stay for later. */
  async next<K extends FrameKind>(kind: K): Promise<FrameBodies[K]> {
    const expected = `a ${kind} frame`;
    for (;;) {
      const at = this.#frames.findIndex((frame) => frame.kind === kind);
      const [frame] = at < 0 ? [] : this.#frames.splice(at, 1);
      if (frame !== undefined) return frame.value as FrameBodies[K];
      const arrived = new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
      await within(expected, Promise.race([arrived, this.closed]));
      if (this.socket.readyState === WebSocket.CLOSED && !this.#frames.some((left) => left.kind === kind)) {
        throw new Error(`connection closed instead of ${expected}`);
      }
    }
  }
}

/** Fails, saying what was awaited, where a promise takes too long. */
export async function within<T>(what: string, promise: Promise<T>, patience = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patience} ms for ${what}`)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Polls until a condition holds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The first model of the zoo with both ends' files. */
export async function firstModel(): Promise<ModelBundle> {
  const [manifest] = await listModels();
  if (manifest === undefined) throw new Error('the zoo holds no model');
  return loadModel(`${zooDirectory()}/${manifest.id}`, ['encoder', 'decoder', 'refiner']);
}

/** One report's content with the uplink of its slot. */
export interface Sample {
  readonly codeword: Uint8Array;
  readonly scale: number;
  readonly phase: Uint8Array;
  readonly payloadBits: number;
  readonly uplink: Float32Array;
}

/** Random levels around the middle of each component, random phases and a random uplink: any codeword is a valid one. */
export function createSample(model: ModelBundle, seed: number, config?: ReportConfig): Sample {
  const random = createRandom(seed);
  const { csi, phase } = model.manifest;
  const { representation, ...dualnet } = createDualnet(model.codec);
  const { scaleBits } = representation;
  const quantizer = dualnet.quantizer.withTruncation(config?.codewordTruncation ?? 0);
  const levels = quantizer.bits.map((bits) => {
    const half = 2 ** (bits - 1);
    return Math.min(Math.max(Math.floor(half + (half / 2) * random.gaussian()), 0), 2 * half - 1);
  });
  const codeword = { domain: 'codeword', levels } as const;
  const bits = phaseBitsOf(dualnet.allocation, quantizer, levels, config?.phaseTheta ?? phase.theta);
  // Energy falls with delay, as that of channels does: what is as strong everywhere is noise to a BS.
  const gaussians = () =>
    Float32Array.from({ length: 2 * bits.length }, (_, i) => random.gaussian() * Math.exp(-(i % csi.numDelays) / 2));
  const coded = encodePhase({ domain: 'angular-delay', ...csi, values: gaussians() }, bits);
  return {
    codeword: quantizer.pack(codeword).bytes,
    scale: Math.floor(random.uniform() * 2 ** scaleBits),
    phase: coded.bytes,
    payloadBits: quantizer.totalBits + scaleBits + coded.bitLength,
    uplink: gaussians(),
  };
}

function phaseBitsOf(allocation: PhaseAllocation, quantizer: Quantizer, levels: Uint8Array, theta: number): Uint8Array {
  const centred = new Int16Array(quantizer.length);
  quantizer.centredInto(centred, { domain: 'codeword', levels });
  const bits = new Uint8Array(allocation.numEntries);
  allocation.allocateInto(bits, centred, theta);
  return bits;
}

/** Decodes a sample the straight way, one at a time, in the test's own process. */
export async function createReferenceDecoder(model: ModelBundle) {
  const decoder = await InferenceSession.create(model.files.get('decoder') as Uint8Array);
  const refinerOnnx = model.files.get('refiner');
  const refiner = refinerOnnx === undefined ? undefined : await InferenceSession.create(refinerOnnx);
  const { numAntennas, numDelays } = model.manifest.csi;
  const numEntries = numAntennas * numDelays;
  const dualnet = createDualnet(model.codec);
  const plane = (values: Float32Array) => new Tensor('float32', values, [1, numAntennas, numDelays]);

  return async (sample: Sample, uplinkCsi: Float32Array | undefined, config?: ReportConfig): Promise<Float32Array> => {
    const quantizer = dualnet.quantizer.withTruncation(config?.codewordTruncation ?? 0);
    const codeword = quantizer.unpack(sample.codeword);
    const bits = phaseBitsOf(
      dualnet.allocation,
      quantizer,
      codeword.levels,
      config?.phaseTheta ?? model.manifest.phase.theta,
    );
    const latent = new Float32Array(quantizer.length);
    quantizer.dequantizeInto(latent, codeword);
    const uplink = new Float32Array(numEntries);
    if (uplinkCsi !== undefined) uplinkMagnitudeInto(uplink, uplinkCsi);
    const cell = new Float32Array(quantizer.length);
    quantizer.cellInto(cell);
    const inputs = {
      latent: new Tensor('float32', latent, [1, latent.length]),
      cell: new Tensor('float32', cell, [1, cell.length]),
      uplink: plane(uplink),
    };
    const magnitude = outputOf(await decoder.run(inputs), 'magnitude');
    const csi = new Float32Array(2 * numEntries);
    reconstructInto(csi, { magnitude, bits, phase: sample.phase, norm: 1 });
    const norm = dualnet.representation.dequantizeNorm({ domain: 'scale', level: sample.scale });
    if (refiner === undefined) return csi.map((value) => norm * value);
    const refined = await refiner.run({
      estimate: new Tensor('float32', csi, [1, 2, numAntennas, numDelays]),
      magnitude: plane(magnitude),
      bits: plane(Float32Array.from(bits)),
      uplink: plane(uplink),
    });
    return outputOf(refined, 'csi').map((value) => norm * value);
  };
}

function outputOf(results: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  return (results[name] as Tensor).data as Float32Array;
}

/** A UE that reports samples, without an encoder. */
export class TestUe {
  readonly ueId: string;
  readonly connection: Connection;
  readonly epoch: number;
  config: ReportConfig;
  #seq = 0;

  private constructor(ueId: string, connection: Connection, epoch: number, config: ReportConfig) {
    this.ueId = ueId;
    this.connection = connection;
    this.epoch = epoch;
    this.config = config;
  }

  static async join(
    url: string,
    ueId: string,
    model: Pick<ReportBundle, 'manifest' | 'sha256'>,
    options: WebSocket.ClientOptions = {},
  ): Promise<TestUe> {
    const connection = await Connection.open(url, '/v1/ue', options);
    const { id } = model.manifest;
    const models = [{ id, sha256: model.sha256 }];
    connection.sendFrame('hello', { ueId, protocol: protocolVersion, models, token: '' });
    const { epoch, config } = await connection.next('welcome');
    return new TestUe(ueId, connection, epoch, config);
  }

  /** @returns the report as it was sent */
  report(sample: Sample, change: Partial<CsiReport> = {}): CsiReport {
    this.#seq++;
    const { codeword, scale, phase, payloadBits } = sample;
    const report = {
      epoch: this.epoch,
      seq: this.#seq,
      slot: this.#seq,
      modelId: this.config.model.id,
      revision: this.config.revision,
      codeword,
      scale,
      phase,
      payloadBits,
      processingUs: 250,
      ...change,
    };
    this.connection.sendFrame('report', report);
    return report;
  }

  /** Waits for the outcome of one report. */
  async outcomeOf(seq: number): Promise<string | undefined> {
    for (;;) {
      const { seqs, outcomes } = await this.connection.next('ack');
      const at = seqs.indexOf(seq);
      if (at >= 0) return outcomes[at];
    }
  }
}

/** A message of the base band. */
export function uplinkFrame(model: ModelBundle, ueId: string, slot: number, values: Float32Array): Uint8Array {
  const { numAntennas, numDelays } = model.manifest.csi;
  return encodeFrame('uplink', { ueId, slot, csi: csiMatrixOf({ numAntennas, numDelays, values }) });
}
