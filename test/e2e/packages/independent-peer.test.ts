import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBsServer } from '@edge-csi/bs-server';
import { toHex } from '@edge-csi/models';
import { paths } from '@edge-csi/proto';
import { expect, it } from 'vitest';
import { createSample, firstModel } from '../bs-server-harness.ts';

/** Debian's own: its packages are not seen by a Python that was installed otherwise. */
const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('./independent-peer.py', import.meta.url));

const found = spawnSync(python, ['-c', 'import autobahn']).status === 0;
if (!found) console.warn(`skipping the independent peer: ${python} has no autobahn, install python3-autobahn`);

it.skipIf(!found)('a peer that shares no code with the server joins, reports and is answered', async () => {
  const model = await firstModel();
  const sample = createSample(model, 7);
  const models = [model.manifest.id];
  await using server = await startBsServer({ port: 0, executionProviders: ['cpu'], models, deadlineMs: 10_000 });
  const url = server.url.replace(/^http/, 'ws') + paths.ue;
  const content = [toHex(sample.codeword), `${sample.scale}`, toHex(sample.phase), `${sample.payloadBits}`];
  const args = [script, url, 'independent', model.manifest.id, toHex(model.sha256), ...content];
  const { stdout } = await promisify(execFile)(python, args, { timeout: 30_000 });
  const { epoch, ...exchange } = JSON.parse(stdout) as Record<string, unknown>;
  expect(epoch).toBeGreaterThan(0);
  // Outcome 1 is REPORT_OUTCOME_DECODED.
  expect(exchange).toEqual({ subprotocol: 'edge-csi.v1', seqs: [1], outcomes: [1], wasClean: true, code: 1000 });
  expect(server.stats()).toMatchObject({ received: 1, decoded: 1 });
});
