import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BsServer, startBsServer } from '@edge-csi/bs-server';
import { paths } from '@edge-csi/proto';
import { connectUe } from '@edge-csi/ue-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundleOf } from '../../family-model.ts';
import { Connection, createSample, TestUe, uplinkFrame } from '../bs-server-harness.ts';
import { startServe } from '../serve-process.ts';
import { VersionZoo } from '../version-zoo.ts';

let zoo: VersionZoo;
let server: BsServer | undefined;

beforeEach(async () => {
  zoo = await VersionZoo.create();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await zoo.remove();
});

async function start(): Promise<BsServer> {
  server = await startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    modelsDirectory: zoo.directory,
    models: ['link', 'link-next', 'wide'],
    overloadControl: false,
    logLevel: 'silent',
  });
  return server;
}

const states = () => server?.lifecycle.status().models.map(({ folder, state }) => `${folder} ${state}`);

it('a server loads the active model, and another one once a UE is to use it, whose reports it then decodes', async () => {
  const running = await start();
  expect(states()).toEqual(['link ready', 'link-next offered', 'wide offered']);
  expect(running.models).toHaveLength(3);
  const wide = await bundleOf(zoo.model('wide'));
  const [one, other] = await Promise.all([
    TestUe.join(running.url, 'ue-1', wide),
    TestUe.join(running.url, 'ue-2', wide),
  ]);
  expect(states()).toEqual(['link ready', 'link-next offered', 'wide ready']);
  const phy = await Connection.open(running.url, paths.phy);
  for (const [slot, ue] of [one, other].entries()) {
    const sample = createSample(wide, slot + 1);
    phy.send(uplinkFrame(wide, ue.ueId, slot + 1, sample.uplink));
    expect(await ue.outcomeOf(ue.report(sample, { slot: slot + 1 }).seq)).toBe('decoded');
  }
  const metrics = await (await fetch(`${running.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/edge_csi_model_state\{model="link",version="[0-9a-f]{12}",state="offered"\} 1/);
});

it('reports of a loaded model are decoded in time while others are loaded', async () => {
  const running = await start();
  const link = await bundleOf(zoo.model('link'));
  const ue = await TestUe.join(running.url, 'ue-1', link);
  let loaded = false;
  const loads = Promise.all([running.lifecycle.activate('link-next'), running.lifecycle.load('wide')]).then(() => {
    loaded = true;
  });
  for (let slot = 1; slot < 10 || !loaded; slot++) {
    expect(await ue.outcomeOf(ue.report(createSample(link, slot), { slot, revision: 1 }).seq)).toBe('decoded');
  }
  await loads;
  expect(states()).toEqual(['link-next ready', 'link ready', 'wide ready']);
  expect(running.stats()).toMatchObject({ late: 0, shed: 0, invalid: 0 });
});

it('a UE is told to use a model once its decoder is loaded', async () => {
  const running = await start();
  const link = await bundleOf(zoo.model('link'));
  const ue = await TestUe.join(running.url, 'ue-1', link);
  const { model } = await running.reconfigure('ue-1', {
    model: running.lifecycle.status().models[1]?.version as string,
  });
  expect(states()).toEqual(['link ready', 'link-next ready', 'wide offered']);
  const { config } = await ue.connection.next('reconfigure');
  expect(config.model).toEqual(model);
});

it('a model whose files have changed is served no longer, and a UE that has another of those goes on', async () => {
  const running = await start();
  await writeFile(path.join(zoo.directory, 'wide', 'decoder.onnx'), 'not what the manifest says');
  const wide = await bundleOf(zoo.model('wide'));
  const url = running.url.replace('http', 'ws');
  await expect(connectUe({ url, ueId: 'ue-1', model: wide, warmUpRuns: 1 })).rejects.toMatchObject({
    code: 'model-unknown',
  });
  expect(states()).toEqual(['link ready', 'link-next offered']);
  await writeFile(path.join(zoo.directory, 'link-next', 'encoder.onnx'), 'not what the manifest says');
  const listed = (await (await fetch(`${running.url}/models`)).json()) as { models: { url: string }[] };
  const encoder = new URL('encoder.onnx', running.url + listed.models[1]?.url);
  expect((await fetch(encoder)).status).toBe(500);
  expect((await fetch(new URL('encoder.onnx', running.url + listed.models[0]?.url))).status).toBe(200);
});

it('a server that offers the whole zoo starts with less than 220 MB', {
  skip: process.platform !== 'linux',
}, async () => {
  const serving = await startServe('--admin-port', '0');
  try {
    const status = await readFile(`/proc/${serving.process.pid}/status`, 'utf8');
    const [, residentKib] = /VmRSS:\s+(\d+) kB/.exec(status) ?? [];
    expect(Number(residentKib) * 1024).toBeLessThan(220e6);
    const { models } = (await (await fetch(`${serving.adminUrl}/models`)).json()) as { models: { state: string }[] };
    expect(models.length).toBeGreaterThan(20);
    expect(models.filter(({ state }) => state === 'ready')).toHaveLength(1);
  } finally {
    serving.process.kill();
  }
});
