import { type AngularDelayCsi, createBsCodec, type Rate } from '@edge-csi/csi';
import { type DataOptions, openData } from '@edge-csi/lab/data';
import { loadReportModel } from '@edge-csi/models/disk';
import {
  decodeFrame,
  encodeFrame,
  type ModelRef,
  paths,
  protocolVersion,
  type ReportAck,
  type ReportConfig,
  subprotocol,
  type Welcome,
} from '@edge-csi/proto';
import { openEncoder } from '@edge-csi/ue-client';
import { WebSocket } from 'ws';

export interface LoadUeOptions {
  /** Base of the BS server, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  readonly ueId: string;
  readonly model: ModelRef;
  readonly onAck: (ack: ReportAck) => void;
}

/** A UE that sends ready-made reports: it costs a load generator no more than the frame. */
export class LoadUe {
  readonly ueId: string;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #epoch: number;
  #config: ReportConfig;
  #seq = 0;

  private constructor(socket: WebSocket, { ueId, onAck }: LoadUeOptions, { epoch, config }: Welcome) {
    this.ueId = ueId;
    this.#socket = socket;
    this.#epoch = epoch;
    this.#config = config;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    // What breaks a connection closes it, and `closed` tells of that.
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => {
      const frame = decodeFrame(data);
      if (frame.kind === 'ack') onAck(frame.value);
      else if (frame.kind === 'reconfigure') this.#config = frame.value.config;
    });
  }

  /** @throws Error where the server cannot be reached or refuses the UE. */
  static join(options: LoadUeOptions): Promise<LoadUe> {
    const { url, ueId, model } = options;
    const socket = new WebSocket(`${url}${paths.ue}`, subprotocol, { perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', (code) => reject(new Error(`${ueId}: closed with ${code} before Welcome`)));
      socket.once('open', () => {
        socket.send(encodeFrame('hello', { ueId, protocol: protocolVersion, models: [model], token: '' }));
      });
      socket.once('message', (data: Buffer) => {
        const frame = decodeFrame(data);
        if (frame.kind !== 'welcome') return reject(new Error(`${ueId}: ${frame.kind} in place of Welcome`));
        socket.off('error', reject);
        resolve(new LoadUe(socket, options, frame.value));
      });
    });
  }

  /** What the BS wants reported at present. */
  get config(): ReportConfig {
    return this.#config;
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a report, made under the present configuration, with the next sequence number. @returns that number */
  send({ codeword, scale, phase, payloadBits }: BankedReport, slot: number): number {
    const seq = ++this.#seq;
    this.#socket.send(
      encodeFrame('report', {
        epoch: this.#epoch,
        seq,
        slot,
        modelId: this.#config.model.id,
        revision: this.#config.revision,
        codeword,
        scale,
        phase,
        payloadBits,
        processingUs: 0,
      }),
    );
    return seq;
  }

  /** Leaves in good order. */
  leave(): Promise<void> {
    this.#socket.close(1000);
    return this.closed;
  }

  /** Goes without a word, as a UE that loses its radio link. */
  vanish(): Promise<void> {
    this.#socket.terminate();
    return this.closed;
  }
}

/** What a report carries. */
export interface BankedReport {
  readonly codeword: Uint8Array;
  readonly scale: number;
  readonly phase: Uint8Array;
  readonly payloadBits: number;
  /** Uplink of the same sample; absent where the decoder takes none. */
  readonly uplink: AngularDelayCsi | undefined;
}

/** Reports encoded beforehand, to be sent over and over. */
export interface ReportBank {
  readonly model: ModelRef;
  /** That they were made at; a knob left out is the model's own. */
  readonly rate: Rate;
  at(pick: number): BankedReport;
}

/** Most distinct reports. */
const maxReports = 256;

/** Encodes the first samples of a data file. @param rate - a knob left out is the model's own */
export async function openReportBank(modelDirectory: string, data: DataOptions, rate: Rate = {}): Promise<ReportBank> {
  const bundle = await loadReportModel(modelDirectory, ['encoder']);
  const { id } = bundle.manifest;
  const { usesUplink } = createBsCodec(bundle.codec);
  const source = await openData(data);
  const encoder = await openEncoder('ort', bundle);
  const reports: BankedReport[] = [];
  for (let i = 0; i < Math.min(maxReports, source.numSamples); i++) {
    const { codeword, scale, phase, payloadBits } = await encoder.encode(source.downlink(i), rate);
    const uplink = usesUplink ? source.uplink(i) : undefined;
    reports.push({ codeword, scale, phase, payloadBits: payloadBits.total, uplink });
  }
  await encoder.close();
  const model = { id, sha256: bundle.sha256 };
  return { model, rate, at: (pick) => reports[pick % reports.length] as BankedReport };
}
