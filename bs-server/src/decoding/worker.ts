import { parentPort, workerData } from 'node:worker_threads';
import { BatchBuffers } from './batch-buffers.ts';
import type { ExecutionProvider, Graph } from './graph.ts';
import { ModelDecoder } from './model-decoder.ts';
import { openOrtGraph } from './ort-graph.ts';
import { chooseProvider } from './provider.ts';
import { createRefine } from './refine.ts';
import { UplinkOnlyDecoder } from './uplink-only-decoder.ts';
import type { WorkerReply, WorkerRequest, WorkerSetup } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('the decode worker runs on a worker thread only');
const setup = workerData as WorkerSetup;
const { models, layout } = setup;
const clock = () => performance.now();

type BatchDecoder = ModelDecoder | UplinkOnlyDecoder;

/** Every model's decoder on one provider. */
async function openModels(provider: ExecutionProvider) {
  const graphs: Graph[] = [];
  const open = async (onnx: Uint8Array) => {
    const graph = await openOrtGraph(onnx, provider, setup);
    graphs.push(graph);
    return graph;
  };
  const release = async () => {
    for (const graph of graphs.splice(0)) await graph.release();
  };
  try {
    const decoders: BatchDecoder[] = [];
    for (const model of models) {
      const decoder = await open(model.decoderOnnx);
      if ('downlinkOverUplink' in model) {
        decoders.push(new UplinkOnlyDecoder(model, decoder, layout.maxBatchSize));
        continue;
      }
      const refine = model.refinerOnnx === undefined ? undefined : createRefine(await open(model.refinerOnnx));
      decoders.push(new ModelDecoder(model, decoder, refine, layout.maxBatchSize));
    }
    const warmUp = async () => {
      for (const decoder of decoders) await decoder.warmUp(layout.maxBatchSize);
    };
    return { decoders, warmUp, release };
  } catch (error) {
    await release();
    throw error;
  }
}

const reply = (message: WorkerReply) => port.postMessage(message);
const { candidate, provider, attempts } = await chooseProvider(setup.executionProviders, openModels, clock);
const { decoders, release } = candidate;
for (const decoder of decoders) await decoder.warmUp(1);
const slots = setup.slots.map((memory) => new BatchBuffers(layout, memory));

async function decode({ slot, model, count }: Extract<WorkerRequest, { kind: 'decode' }>): Promise<void> {
  const startMs = clock();
  try {
    await (decoders[model] as BatchDecoder).decode(slots[slot] as BatchBuffers, count);
    reply({ kind: 'decoded', slot, decodeMs: clock() - startMs });
  } catch (error) {
    reply({ kind: 'failed', slot, message: error instanceof Error ? error.message : String(error) });
  }
}

// A run of the network yields to the event loop before it starts, so batches are put in a row here.
let previous = Promise.resolve();
port.on('message', (request: WorkerRequest) => {
  previous = previous.then(async () => {
    if (request.kind === 'decode') return decode(request);
    await release();
    port.close();
  });
});
reply({ kind: 'ready', provider, attempts });
