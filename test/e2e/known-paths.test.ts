import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type BsServer,
  type BsServerOptions,
  connectPhyFeed,
  type Estimate,
  type PhyFeed,
  startBsServer,
  subscribeEstimates,
} from '@edge-csi/bs-server';
import { startDecodeWorker } from '@edge-csi/bs-server/cluster';
import { type AngularDelayCsi, createRandom, squaredErrorRatio } from '@edge-csi/csi';
import { createPathCodec, type PathCodec, type PropagationPath } from '@edge-csi/csi/paths';
import { createPathManifest, pathsSpecOf } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import { paths } from '@edge-csi/proto';
import { connectUe, type ReportResult, type Ue } from '@edge-csi/ue-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Connection, until } from './bs-server-harness.ts';
import { NatsServer, natsProblem } from './cluster/nats-server.ts';
import { freePort } from './free-port.ts';

const csi = {
  ...{ numAntennas: 32, numDelays: 16, numSubcarriers: 256, bandwidthHz: 10e6 },
  ...{ downlinkCarrierHz: 3.6e9, uplinkCarrierHz: 3.5e9 },
  timing: 'absolute',
} as const;
const manifests = ['one', 'two'].map((id) =>
  createPathManifest({ id, csi, rate: { maxPayloadBits: 110, bitPriceTenthDb: 0 } }),
);
const problem = natsProblem();
if (problem !== undefined) process.stdout.write(`skipped: ${problem}\n`);

let zoo: string;
let codec: PathCodec;
const open: AsyncDisposable[] = [];
const keep = <T extends AsyncDisposable>(resource: T): T => {
  open.push(resource);
  return resource;
};

beforeAll(async () => {
  zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-known-'));
  for (const manifest of manifests) {
    await mkdir(path.join(zoo, manifest.id));
    await writeFile(path.join(zoo, manifest.id, 'manifest.json'), JSON.stringify(manifest));
  }
  codec = createPathCodec(pathsSpecOf(manifests[0] as (typeof manifests)[number]).codec);
});
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});
afterAll(() => rm(zoo, { recursive: true }));

const serve = async (options: BsServerOptions = {}): Promise<BsServer> =>
  keep(
    await startBsServer({
      ...{ port: 0, adminPort: false, executionProviders: ['cpu'], modelsDirectory: zoo, models: ['one', 'two'] },
      ...{ deadlineMs: 5_000, overloadControl: false, hintIntervalMs: 1, logLevel: 'silent' },
      ...options,
    }),
  );

/** One place after the other, the same in both bands but for the angles' ratio; gains are new in every slot. */
function channel(slot: number) {
  const ratio = csi.downlinkCarrierHz / csi.uplinkCarrierHz;
  const random = createRandom(slot);
  const places = createRandom(77);
  const drawn = Array.from({ length: 8 }, (_, k) => ({
    frequency: places.uniform() - 0.5,
    delaySamples: places.uniform() * 14,
    strength: 0.8 ** k,
  }));
  const matrix = (turn: number): AngularDelayCsi => {
    const values = new Float32Array(2 * csi.numAntennas * csi.numDelays);
    const made = drawn.map(({ frequency, delaySamples, strength }): PropagationPath => {
      const gain = { gainRe: strength * random.gaussian(), gainIm: strength * random.gaussian() };
      return { spatialFrequency: [(((frequency * turn) % 1) + 1) % 1, 0], delaySamples, ...gain };
    });
    codec.reconstructInto(values, made);
    return { domain: 'angular-delay', numAntennas: csi.numAntennas, numDelays: csi.numDelays, values };
  };
  return { downlink: matrix(1), uplink: matrix(1 / ratio) };
}

/** A UE, a base band and a subscriber of a server. */
class Link {
  readonly ue: Ue;
  readonly outcomes = new Map<number, string>();
  #phy: PhyFeed | undefined;
  readonly #estimates: Map<number, Estimate>;
  #slot = 0;

  private constructor(ue: Ue, phy: PhyFeed | undefined, estimates: Map<number, Estimate>) {
    this.ue = ue;
    this.#phy = phy;
    this.#estimates = estimates;
  }

  static async open(server: BsServer, options: { readonly uplinks: boolean }): Promise<Link> {
    const url = server.url.replace('http', 'ws');
    const estimates = new Map<number, Estimate>();
    const onEstimate = (estimate: Estimate) => estimates.set(estimate.slot, estimate);
    const subscription = await subscribeEstimates({ url, onEstimate });
    const phy = options.uplinks ? await connectPhyFeed({ url }) : undefined;
    let link: Link | undefined;
    const onAck = ({ slot, outcome }: ReportResult) => link?.outcomes.set(slot, outcome);
    const reconnect = { minDelayMs: 10, maxDelayMs: 50 };
    const ue = await connectUe({ url, ueId: 'ue-1', encoder: 'micro', warmUpRuns: 1, reconnect, onAck });
    link = new Link(ue, phy, estimates);
    keep({
      [Symbol.asyncDispose]: async () => {
        await Promise.allSettled([ue.close(), phy?.close(), subscription.close()]);
      },
    });
    return link;
  }

  /** A base band does not come back to a server that has been away. */
  dropUplinks(): void {
    this.#phy = undefined;
  }

  /** Sends one report and waits for its outcome. */
  async report(): Promise<{ readonly outcome: string; readonly slot: number }> {
    const slot = ++this.#slot;
    const { downlink, uplink } = channel(slot);
    this.#phy?.send('ue-1', slot, uplink);
    await this.ue.report(downlink, { slot });
    await until('the outcome', () => this.outcomes.has(slot));
    return { outcome: this.outcomes.get(slot) as string, slot };
  }

  /** Squared error of the estimate of a slot, relative. */
  async errorOf(slot: number): Promise<number> {
    await until('the estimate', () => this.#estimates.has(slot));
    const { csi: estimate } = this.#estimates.get(slot) as Estimate;
    return squaredErrorRatio(channel(slot).downlink, estimate);
  }

  /** Sends reports that all are decoded. @returns their mean squared error */
  async decodedReports(count: number): Promise<number> {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const { outcome, slot } = await this.report();
      expect(outcome).toBe('decoded');
      sum += await this.errorOf(slot);
    }
    return sum / count;
  }
}

/** Squared error that reports of some slots have which refer to nothing. */
function freshError(first: number, count: number): number {
  let sum = 0;
  for (let slot = first; slot < first + count; slot++) {
    const { downlink } = channel(slot);
    sum += codec.encode(downlink, { mode: 'cap', maxBits: 110 }).squaredErrorRatio;
  }
  return sum / count;
}

describe('a session of path reports', () => {
  it.each([
    ['acknowledged reports alone', false],
    ['hints of the uplink, too', true],
  ])('refers to %s, and tells more in as many bits', async (_, uplinks) => {
    const server = await serve();
    const link = await Link.open(server, { uplinks });
    // The thread that makes hints takes a while to start on a busy machine.
    let before = 0;
    for (; uplinks && before < 1_000 && server.stats().hints.sent === 0; before++) await link.decodedReports(1);
    const error = await link.decodedReports(40);
    const { referring, hints, reasons } = server.stats();
    expect(referring).toBeGreaterThan(5);
    expect(Object.keys(reasons)).toEqual(['decoded/estimate-published']);
    expect(hints.sent > 0).toBe(uplinks);
    expect(hints.bits > 0).toBe(uplinks);
    expect(error).toBeLessThan(freshError(1 + before, 40));
  });

  it('starts afresh with a BS that comes back, and refers again', async () => {
    const port = await freePort();
    const first = await serve({ port });
    const link = await Link.open(first, { uplinks: false });
    await link.decodedReports(15);
    expect(first.stats().referring).toBeGreaterThan(0);
    await first.close();
    const second = await serve({ port });
    // Handed over while there is no connection, a report waits for one.
    const { outcome } = await link.report();
    expect(outcome).toBe('decoded');
    for (let i = 0; i < 14; i++) expect((await link.report()).outcome).toBe('decoded');
    const { referring, received, decoded } = second.stats();
    expect(referring).toBeGreaterThan(0);
    expect([received, decoded]).toEqual([15, 15]);
  });

  it('forgets what it knows of another model, back and forth', async () => {
    const server = await serve();
    const link = await Link.open(server, { uplinks: true });
    for (const id of ['two', 'one', 'two']) {
      await link.decodedReports(10);
      await server.lifecycle.activate(id);
      await until('the model', () => link.ue.manifest.id === id);
    }
    await link.decodedReports(10);
    expect(server.stats().referring).toBeGreaterThan(0);
  });

  it.each([undefined, true])(
    'refuses references to what it does not hold, of a UE that remembers: %s',
    async (remembers) => {
      const server = await serve();
      const { sha256, manifest } = await loadReportModel(path.join(zoo, 'one'), []);
      const connection = await Connection.open(server.url, paths.ue);
      const models = [{ id: manifest.id, sha256 }];
      connection.sendFrame('hello', { ueId: 'ue-1', protocol: 1, models, token: '', remembers });
      const welcome = await connection.next('welcome');
      expect(welcome.remembers).toBe(remembers);
      const { payload: codeword, bits } = codec.encode(channel(1).downlink, { mode: 'cap', maxBits: 110 });
      const report = {
        ...{ epoch: welcome.epoch, slot: 1, modelId: manifest.id, revision: welcome.config.revision, scale: 0 },
        ...{ phase: new Uint8Array(), codeword, payloadBits: bits, processingUs: 0 },
      };
      connection.sendFrame('report', { ...report, seq: 1 });
      expect(await connection.next('ack')).toEqual({ seqs: [1], outcomes: ['decoded'] });
      for (const [i, reference] of [
        { referenceSeq: 7 },
        { referenceHint: 1 },
        { referenceSeq: 1, referenceHint: 9 },
      ].entries()) {
        connection.sendFrame('report', { ...report, seq: 2 + i, ...reference });
        expect((await connection.next('reject')).message).toMatch(
          /^refers to report \d and hint \d, which are not held/,
        );
        expect(await connection.next('ack')).toEqual({ seqs: [2 + i], outcomes: ['invalid'] });
      }
      connection.sendFrame('report', { ...report, seq: 5 });
      expect(await connection.next('ack')).toEqual({ seqs: [5], outcomes: ['decoded'] });
      expect(server.stats()).toMatchObject({ referring: 3, reasons: { 'invalid/reference': 3 } });
      connection.socket.close();
    },
  );
});

describe.skipIf(problem !== undefined)('a session at gateways whose reports are decoded by workers', () => {
  it('sends the list along, and starts afresh at another gateway', async () => {
    const broker = keep(await NatsServer.start());
    const nats = { servers: [broker.url] };
    const worker = { port: 0, adminPort: false as const, executionProviders: ['cpu' as const], modelsDirectory: zoo };
    keep(await startDecodeWorker({ ...worker, models: ['one', 'two'], nats, logLevel: 'silent' }));
    const port = await freePort();
    const gateway = { port, nats, localDecode: false };
    const first = await serve(gateway);
    const link = await Link.open(first, { uplinks: true });
    const error = await link.decodedReports(30);
    expect(first.stats().referring).toBeGreaterThan(5);
    expect(error).toBeLessThan(freshError(1, 30));
    link.dropUplinks();
    await first.close();
    const second = await serve(gateway);
    for (let i = 0; i < 12; i++) expect((await link.report()).outcome).toBe('decoded');
    expect(second.stats()).toMatchObject({ received: 12, decoded: 12 });
    expect(second.stats().referring).toBeGreaterThan(0);
  });
});
