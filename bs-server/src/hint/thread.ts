import { parentPort } from 'node:worker_threads';
import { type CodecSpec, createBsCodec, type Hinter } from '@edge-csi/csi';
import type { HintReply, HintRequest } from './thread-port.ts';

const port = parentPort;
if (port === null) throw new Error('a hint thread runs on a worker thread only');

/** Models whose hinters are kept: each has buffers of its own. */
const mostHinters = 4;
const hinters = new Map<string, Hinter>();

function hinterOf(version: string, spec: CodecSpec): Hinter | undefined {
  const hinter = hinters.get(version) ?? createBsCodec(spec).createHinter?.();
  if (hinter === undefined) return undefined;
  hinters.delete(version);
  hinters.set(version, hinter);
  for (const longestAgo of hinters.keys()) {
    if (hinters.size <= mostHinters) break;
    hinters.delete(longestAgo);
  }
  return hinter;
}

port.on('message', ({ version, spec, uplink }: HintRequest) => {
  let reply: HintReply = {};
  try {
    const content = hinterOf(version, spec)?.({ domain: 'angular-delay', ...uplink });
    if (content !== undefined) reply = { content };
  } catch (error) {
    reply = { problem: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(reply);
});
