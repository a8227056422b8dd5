import { parentPort, workerData } from 'node:worker_threads';
import { connectPhyFeed } from '@edge-csi/bs-server';
import { loadModel } from '@edge-csi/models/disk';
import { decodeFrame, encodeFrame, paths, protocolVersion, subprotocol } from '@edge-csi/proto';
import { type EncodedReport, openEncoder } from '@edge-csi/ue-client';
import { WebSocket } from 'ws';
import { type DataOptions, openData } from '../data.ts';
import { ueIdOf } from '../link-run/schedule.ts';

/** What the load generator is told when it starts. */
export interface LoadWorkerData {
  readonly url: string;
  readonly modelDirectory: string;
  readonly data: DataOptions;
  readonly numUes: number;
}

/** Most distinct reports that are encoded beforehand and sent over and over. */
const maxReports = 256;

/** Sent once every UE is connected and its reports are encoded. */
export interface LoadWorkerReady {
  readonly kind: 'ready';
}

/**
 * Saturates a BS server: every UE has one report on its way at any time and sends the next when that one is
 * acknowledged. Reports are encoded beforehand, so that the generator costs the machine little.
 */
async function run(port: NonNullable<typeof parentPort>, options: LoadWorkerData): Promise<void> {
  const bundle = await loadModel(options.modelDirectory, ['encoder']);
  const source = await openData(options.data);
  const encoder = await openEncoder('ort', bundle);
  const config = { codewordTruncation: 0, phaseTheta: bundle.manifest.phase.theta };
  const reports: EncodedReport[] = [];
  const numReports = Math.min(maxReports, source.numSamples);
  const uplinks = Array.from({ length: numReports }, (_, i) => source.uplink(i));
  for (let i = 0; i < numReports; i++) reports.push(await encoder.encode(source.downlink(i), config));
  await encoder.close();

  const phy = await connectPhyFeed({ url: options.url });
  const start = new Promise((resolve) => port.once('message', resolve));
  const ues = Array.from({ length: options.numUes }, (_, ue) => connect(ue));
  const senders = await Promise.all(ues);
  port.postMessage({ kind: 'ready' } satisfies LoadWorkerReady);
  await start;
  for (const send of senders) send();

  async function connect(ue: number): Promise<() => void> {
    const ueId = ueIdOf(ue);
    const socket = new WebSocket(`${options.url}${paths.ue}`, subprotocol, { perMessageDeflate: false });
    let epoch = 0;
    let revision = 0;
    let seq = 0;
    const send = () => {
      seq++;
      const pick = (ue + seq * options.numUes) % numReports;
      const report = reports[pick] as EncodedReport;
      const uplink = uplinks[pick];
      if (uplink !== undefined) phy.send(ueId, seq, uplink);
      const { codeword, scale, phase } = report;
      const modelId = bundle.manifest.id;
      const payloadBits = report.payloadBits.total;
      socket.send(
        encodeFrame('report', {
          epoch,
          seq,
          slot: seq,
          modelId,
          revision,
          codeword,
          scale,
          phase,
          payloadBits,
          processingUs: 0,
        }),
      );
    };
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => {
        const models = [{ id: bundle.manifest.id, sha256: bundle.sha256 }];
        socket.send(encodeFrame('hello', { ueId, protocol: protocolVersion, models, token: '' }));
      });
      socket.on('message', (data: Buffer) => {
        const frame = decodeFrame(data);
        if (frame.kind === 'welcome') {
          epoch = frame.value.epoch;
          revision = frame.value.config.revision;
          resolve();
        } else if (frame.kind === 'ack') {
          send();
        } else if (frame.kind === 'reject') {
          throw new Error(`the server refused ${ueId}: ${frame.value.message}`);
        }
      });
    });
    return send;
  }
}

if (parentPort !== null) await run(parentPort, workerData as LoadWorkerData);
