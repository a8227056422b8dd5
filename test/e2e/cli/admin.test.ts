import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BsServer, type BsServerOptions, startBsServer } from '@edge-csi/bs-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleOf } from '../../family-model.ts';
import { createSample, TestUe } from '../bs-server-harness.ts';
import { edgeCsi } from '../edge-csi-command.ts';
import { VersionZoo } from '../version-zoo.ts';

let zoo: VersionZoo;
let server: BsServer;

beforeEach(async () => {
  zoo = await VersionZoo.create();
});
afterEach(async () => {
  await server.close();
  await zoo.remove();
});

async function start(options: BsServerOptions = {}): Promise<void> {
  server = await startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    modelsDirectory: zoo.directory,
    models: ['link'],
    deadlineMs: 5_000,
    uplinkWaitMs: 0,
    logLevel: 'silent',
    ...options,
  });
}

const admin = (route: string, init: RequestInit = {}) => fetch(`${server.adminUrl}${route}`, init);
const post = (route: string, headers: Record<string, string> = {}) => admin(route, { method: 'POST', headers });

describe('the administrative listener', () => {
  it('has the metrics and the probes, on the loopback address and a port of its own', async () => {
    await start();
    expect(new URL(server.adminUrl ?? '').hostname).toBe('127.0.0.1');
    expect(new URL(server.adminUrl ?? '').port).not.toBe(String(server.port));
    expect(await (await admin('/metrics')).text()).toContain('edge_csi_reports_received_total 0');
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
    for (const origin of [server.url, server.adminUrl]) {
      expect((await fetch(`${origin}/readyz`)).status).toBe(200);
      expect(await (await fetch(`${origin}/healthz`)).json()).toMatchObject({ status: 'serving' });
    }
    // Its paths are not the public ones.
    expect((await fetch(`${server.url}/models/link-next/load`, { method: 'POST' })).status).toBe(405);
    expect((await admin('/v1/ue')).status).toBe(404);
  });

  it('can be left out, and the metrics are public then', async () => {
    await start({ adminPort: false });
    expect(server.adminUrl).toBeUndefined();
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('edge_csi_reports_received_total 0');
  });

  it('asks for its own token, except for the probes', async () => {
    const tokenSecret = 'everybody'.repeat(4);
    await start({ adminToken: 'operator', tokenSecret });
    for (const authorization of ['', `Bearer ${tokenSecret}`, 'Bearer operator2', 'operator2']) {
      expect((await admin('/metrics', { headers: { authorization } })).status).toBe(401);
      expect((await post('/models/link-next/load', { authorization })).status).toBe(401);
    }
    expect(server.lifecycle.status().models).toHaveLength(1);
    const authorization = 'Bearer operator';
    expect((await admin('/metrics', { headers: { authorization } })).status).toBe(200);
    expect((await post('/models/link-next/load', { authorization })).status).toBe(200);
    expect((await admin('/readyz')).status).toBe(200);
  });

  it('does nothing that a web page asks for', async () => {
    await start();
    expect((await post('/models/link-next/load', { origin: 'https://example.org' })).status).toBe(403);
    expect(server.lifecycle.status().models).toHaveLength(1);
  });

  it('loads, activates, rolls back and unloads, and answers refusals by code', async () => {
    await start();
    const answered = async (response: Promise<Response>) => {
      const { status } = await response;
      return { status, body: (await (await response).json()) as { version?: string } };
    };
    const loaded = await answered(post('/models/link-next/load'));
    expect(loaded).toMatchObject({ status: 200, body: { folder: 'link-next', state: 'ready', active: false } });
    const version = loaded.body.version ?? '';
    const first = server.lifecycle.status().active;
    expect(await answered(post(`/models/${encodeURIComponent(version)}/activate`))).toMatchObject({
      status: 200,
      body: { active: version, previous: first, uesTold: 0 },
    });
    expect(await answered(admin('/models'))).toMatchObject({
      status: 200,
      body: { active: version, rollbackTo: first, models: [{ version }, { version: first }] },
    });
    expect(await answered(post(`/models/${version}/unload`))).toMatchObject({
      status: 409,
      body: { error: { code: 'model-state', message: `${version} is the active version; activate another one first` } },
    });
    expect(await answered(post('/models/rollback'))).toMatchObject({ status: 200, body: { active: first } });
    expect(await answered(post('/models/rollback'))).toMatchObject({ status: 409 });
    expect(await answered(post('/models/link-next/unload'))).toMatchObject({
      status: 200,
      body: { version, state: 'unloaded' },
    });
    expect(await answered(post('/models/nowhere/load'))).toMatchObject({
      status: 404,
      body: { error: { code: 'model-unknown' } },
    });
    for (const name of ['..%2Flink-next', '%00', '.hidden']) {
      expect(await answered(post(`/models/${name}/load`))).toMatchObject({ status: 400 });
    }
    for (const route of ['/models/%zz/load', '/models/link/evict', '/models/link', '/models//load']) {
      expect(await answered(post(route))).toMatchObject({ status: 404 });
    }
    expect((await admin('/models/rollback')).status).toBe(404);
    expect(server.lifecycle.status().models).toHaveLength(1);
  });

  it('counts by model version', async () => {
    await start();
    const bundle = await bundleOf(zoo.model('link'));
    const ue = await TestUe.join(server.url, 'ue-1', bundle);
    await ue.outcomeOf(ue.report(createSample(bundle, 1)).seq);
    await server.lifecycle.load('link-next');
    const text = await (await admin('/metrics')).text();
    const labels = (name: string) => `model="link",version="${name.split('@')[1]}"`;
    const [old, next] = server.lifecycle.status().models.map(({ version }) => labels(version)) as [string, string];
    expect(text).toContain(`edge_csi_model_reports_total{${old},outcome="decoded"} 1`);
    expect(text).toContain(`edge_csi_model_batches_total{${old}} 1`);
    expect(text).toContain(`edge_csi_model_ues{${old}} 1`);
    expect(text).toContain(`edge_csi_model_active{${old}} 1`);
    expect(text).toContain(`edge_csi_model_active{${next}} 0`);
    expect(text).toContain(`edge_csi_model_state{${next},state="ready"} 1`);
    expect(text).toContain(`edge_csi_model_state{${next},state="draining"} 0`);
    expect(text).toContain(`edge_csi_model_reports_in_flight{${old}} 0`);
    expect(text).toContain(`edge_csi_model_queue_depth{${next}} 0`);
    for (const line of text.split('\n')) expect(line).toMatch(/^$|^# |^edge_csi_/);
  });
});

describe('edge-csi models', () => {
  const models = (...args: string[]) => edgeCsi('models', ...args, '--server', server.adminUrl ?? '');

  it('load, activate, status, rollback and unload manage a running server', async () => {
    await start();
    const [first] = server.lifecycle.status().models;
    const json = path.join(zoo.directory, 'load.json');
    const loaded = await models('load', 'link-next', '--json', json);
    const { version } = JSON.parse(await readFile(json, 'utf8'));
    expect(loaded).toEqual({ code: 0, stdout: `${version} is loaded; activate it to tell UEs\n`, stderr: '' });
    const activated = await models('activate', 'link-next');
    expect(activated.stdout).toBe(`${version} is active, before it ${first?.version}; 0 UEs told\n`);
    const { stdout } = await models('status');
    expect(stdout).toMatch(new RegExp(`^${version} +link-next +ready +yes +0 +0 +0$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^${first?.version} +link +ready +rollback +0 +0 +0$`, 'm'));
    expect((await models('rollback')).stdout).toMatch(/^link@\w+ is active, before it link@\w+; 0 UEs told$/m);
    expect((await models('unload', 'link-next')).stdout).toBe(`${version} is unloaded\n`);
  });

  it('say why they fail, and end with 1; with 2 where the command line is no good', async () => {
    const secret = 'operator'.repeat(4);
    await start({ adminToken: secret });
    const token = path.join(zoo.directory, 'token');
    await writeFile(token, `${secret}\n`);
    expect(await models('status')).toMatchObject({ code: 1, stderr: expect.stringMatching(/Authorization: Bearer/) });
    expect(await models('unload', 'link', '--token-file', token)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^edge-csi: model-state: link@\w+ is the active version; activate another one first$/m,
      ),
    });
    expect(await models('load', 'nowhere', '--token-file', token)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^edge-csi: model-unknown: model nowhere is not in /),
    });
    expect(await edgeCsi('models', 'status', '--server', server.url)).toMatchObject({ code: 1 });
    expect(await edgeCsi('models', 'status', '--server', 'bs.example')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--server is 'bs.example', give one like/),
    });
    expect(await models('load')).toMatchObject({ code: 2 });
    expect(await models('status', '--token-file', `${token}s`)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--token-file is '.*tokens', which cannot be read: ENOENT/),
    });
  });

  it('say that nobody answers where no server is', async () => {
    await start();
    const { adminUrl } = server;
    await server.close();
    const { code, stderr } = await edgeCsi('models', 'rollback', '--server', adminUrl ?? '');
    expect(code).toBe(1);
    expect(stderr).toMatch(/no answer .*is it the administrative port of a server\?/);
  });
});
