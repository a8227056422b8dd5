import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRepresentation } from '@edge-csi/csi';
import { lowerMedian, monotonicMs } from '@edge-csi/lab/metrics';
import { buildModel } from '@edge-csi/model-tools';
import { isComplexModel, isPathModel, type Manifest, representationOf, sha256Bytes, toHex } from '@edge-csi/models';
import { paths, subprotocol } from '@edge-csi/proto';
import { WebSocket } from 'ws';
import { startLoadedServer } from './loaded-server.ts';
import { type ServerBenchOptions, settleMs } from './saturation.ts';

/** What one server process takes in where decoding costs nothing. */
export interface Ingest {
  /** Whether every report comes with the uplink of its slot, and every estimate goes to a subscriber. */
  readonly uplinksAndSubscriber: boolean;
  readonly ues: number;
  readonly batchSize: number;
  /** Reports received, joined, batched, answered and published: one per round. Load generator on the same machine. */
  readonly reportsPerSecond: readonly number[];
  /** Processor time of the server's thread for one report: one per round. Empty where the platform does not say. */
  readonly serverCpuUsPerReport: readonly number[];
  /** What the server's thread takes in with a core of its own: median over rounds of the inverse of the above. */
  readonly reportsPerServerCpuSecond: number | undefined;
}

/** UEs, with one report on its way each. */
const numUes = 512;
const batchSize = 64;

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number | undefined;
}

/** Measures one model's messages on a server whose decoder passes the uplink on; nothing of a model whose networks are of another kind. */
export async function measureIngest(options: ServerBenchOptions): Promise<Ingest[]> {
  const { manifest } = options;
  if (isPathModel(manifest) || isComplexModel(manifest)) return [];
  const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-ingest-'));
  const variants = [true, false].map((uplinksAndSubscriber) => ({ uplinksAndSubscriber, samples: [] as Sample[] }));
  try {
    await writeIngestModel(manifest, options.zoo, zoo);
    for (let round = 0; round < options.rounds; round++) {
      for (const { uplinksAndSubscriber, samples } of variants) {
        samples.push(await measureOnce({ ...options, zoo }, uplinksAndSubscriber));
      }
    }
  } finally {
    await rm(zoo, { recursive: true });
  }
  return variants.map(({ uplinksAndSubscriber, samples }) => {
    const serverCpuUsPerReport = samples.flatMap(({ cpuUs }) => cpuUs ?? []);
    return {
      uplinksAndSubscriber,
      ues: numUes,
      batchSize,
      reportsPerSecond: samples.map(({ perSecond }) => perSecond),
      serverCpuUsPerReport,
      reportsPerServerCpuSecond:
        serverCpuUsPerReport.length === 0 ? undefined : lowerMedian(serverCpuUsPerReport.map((us) => 1e6 / us)),
    };
  });
}

async function measureOnce(options: ServerBenchOptions, uplinksAndSubscriber: boolean): Promise<Sample> {
  const server = await startLoadedServer({
    ...options,
    modelId: options.manifest.id,
    numUes,
    batchSize,
    // Its decoder does nothing that a GPU could do faster.
    provider: 'cpu',
    deadlineMs: 5000,
    uplinks: uplinksAndSubscriber,
  });
  const subscriber = uplinksAndSubscriber ? await subscribeUnread(server.bs.url) : undefined;
  try {
    server.saturate();
    return await Promise.race([count(), server.failed]);
  } finally {
    subscriber?.close();
    await server.close();
  }

  async function count(): Promise<Sample> {
    await sleep(settleMs, undefined, { signal: options.signal });
    const startMs = monotonicMs();
    const before = await server.bs.sample();
    await sleep(options.secondsPerRound * 1000, undefined, { signal: options.signal });
    const after = await server.bs.sample();
    const reports = after.stats.decoded - before.stats.decoded;
    const perSecond = (reports * 1000) / (monotonicMs() - startMs);
    if (before.threadCpuMs === undefined || after.threadCpuMs === undefined) return { perSecond, cpuUs: undefined };
    return { perSecond, cpuUs: ((after.threadCpuMs - before.threadCpuMs) * 1000) / reports };
  }
}

/** A subscriber that looks at nothing, so that it costs this machine little. */
async function subscribeUnread(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url}${paths.estimates}`, subprotocol, { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/**
 * Writes a copy of a model into another zoo whose decoder passes the uplink on and has no refiner: its messages are
 * those of the model, and its networks cost nothing.
 */
async function writeIngestModel(manifest: Manifest, zoo: string, into: string): Promise<void> {
  const { tensor } = createRepresentation(representationOf(manifest));
  const decoder = buildModel({
    inputs: [
      { name: 'latent', dims: [manifest.codeword.length] },
      { name: 'uplink', dims: tensor.dims },
    ],
    output: { name: tensor.name, dims: tensor.dims },
    initializers: [],
    operators: [{ type: 'Identity', inputs: ['uplink'], output: tensor.name }],
  });
  const { encoder, allocation } = manifest.files;
  const decoderFile = { path: 'decoder.onnx', sha256: toHex(await sha256Bytes(decoder)), bytes: decoder.length };
  const { measured: _, ...kept } = manifest;
  const files = { encoder, allocation, decoder: decoderFile };
  const folder = path.join(into, manifest.id);
  await mkdir(folder, { recursive: true });
  for (const { path: name } of [encoder, allocation]) {
    await writeFile(path.join(folder, name), await readFile(path.join(zoo, manifest.id, name)));
  }
  await writeFile(path.join(folder, decoderFile.path), decoder);
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify({ ...kept, files }));
}
