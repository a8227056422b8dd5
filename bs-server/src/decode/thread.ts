import { parentPort, workerData } from 'node:worker_threads';
import { BatchBuffers } from './batch-buffers.ts';
import type { ExecutionProvider } from './graph.ts';
import { type LoadedModel, openModel } from './loaded-model.ts';
import { batchBuckets, onBuckets, openOrtGraph } from './ort-graph.ts';
import { chooseProvider } from './provider.ts';
import type { ThreadReply, ThreadRequest, ThreadSetup, WorkerModel } from './thread-port.ts';

const port = parentPort;
if (port === null) throw new Error('a decode thread runs on a worker thread only');
const setup = workerData as ThreadSetup;
const { maxBatchSize } = setup;
const buckets = batchBuckets(maxBatchSize);
const clock = () => performance.now();

type Request<K extends ThreadRequest['kind']> = Extract<ThreadRequest, { kind: K }>;

const openOn = (provider: ExecutionProvider, model: WorkerModel) =>
  openModel(
    model,
    async (onnx, file) => {
      const graph = await openOrtGraph(onnx, provider, setup).catch((cause: Error) => {
        // What fails on the CPU is the network's fault.
        throw provider === 'cpu' ? new Error(`${file}: ${cause.message}`, { cause }) : cause;
      });
      return provider === 'cpu' ? graph : onBuckets(graph, buckets);
    },
    maxBatchSize,
  );

/** Every model of the setup on one provider. */
async function openModels(provider: ExecutionProvider) {
  const models = new Map<string, LoadedModel>();
  const release = async () => {
    for (const model of models.values()) await model.release();
    models.clear();
  };
  try {
    for (const model of setup.models) models.set(model.key, await openOn(provider, model));
  } catch (error) {
    await release();
    throw error;
  }
  const run = async (size: number) => {
    for (const model of models.values()) await model.warmUp(size);
  };
  const warmUp = async () => {
    for (const size of buckets) await run(size);
  };
  return { models, warmUp, decodeFullBatch: () => run(maxBatchSize), release };
}

const reply = (message: ThreadReply) => port.postMessage(message);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const { candidate, provider, attempts } = await chooseProvider(setup.executionProviders, openModels, clock);
const { models, release } = candidate;
const slots = setup.slots.map(({ layout, memory }) => new BatchBuffers(layout, memory));

// A run of the network yields to the event loop before it starts, so steps are put in a row here.
let previous: Promise<unknown> = Promise.resolve();
function inTurn<T>(step: () => Promise<T> | T): Promise<T> {
  const done = previous.then(step);
  // Whoever asked for the step hears of its failure.
  previous = done.catch(() => undefined);
  return done;
}

async function decode({ slot, model, count }: Request<'decode'>): Promise<void> {
  const startMs = clock();
  try {
    const loaded = models.get(model);
    if (loaded === undefined) throw new Error(`model ${model} is not loaded in the decode worker`);
    await loaded.decode(slots[slot] as BatchBuffers, count);
    reply({ kind: 'decoded', slot, decodeMs: clock() - startMs, codewordDrift: loaded.codewordDrift });
  } catch (error) {
    reply({ kind: 'failed', slot, message: messageOf(error) });
  }
}

/** Loads and warms up a model, one step after the other: batches that come meanwhile are decoded in between. */
async function load(model: WorkerModel): Promise<void> {
  const loaded = await inTurn(() => openOn(provider, model));
  try {
    for (const size of buckets) await inTurn(() => loaded.warmUp(size));
  } catch (error) {
    await loaded.release();
    throw error;
  }
  models.set(model.key, loaded);
}

async function unload(key: string): Promise<void> {
  const loaded = models.get(key);
  models.delete(key);
  await loaded?.release();
}

async function answer(request: number, done: Promise<void>): Promise<void> {
  try {
    await done;
    reply({ kind: 'done', request });
  } catch (error) {
    reply({ kind: 'refused', request, message: messageOf(error) });
  }
}

port.on('message', (request: ThreadRequest) => {
  switch (request.kind) {
    case 'decode':
      return void inTurn(() => decode(request));
    case 'slot':
      return void inTurn(() => {
        slots[request.slot] = new BatchBuffers(request.buffers.layout, request.buffers.memory);
      });
    case 'load':
      return void answer(request.request, load(request.model));
    case 'unload':
      return void answer(
        request.request,
        inTurn(() => unload(request.model)),
      );
    case 'close':
      return void inTurn(async () => {
        await release();
        port.close();
      });
  }
});
reply({ kind: 'ready', provider, attempts });
