import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Estimate, type PathEstimate, signAccessToken, subscribeEstimates } from '@edge-csi/bs-server';
import { nmseDb, squaredErrorRatio } from '@edge-csi/csi';
import { openCsiSource } from '@edge-csi/csi/files';
import { readManifest, zooDirectory } from '@edge-csi/models/disk';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chromiumProblem, startChromium } from '../chromium.ts';
import { edgeCsi } from '../edge-csi-command.ts';
import { freePort } from '../free-port.ts';
import { type ServeProcess, startServe } from '../serve-process.ts';

const model = 'dualnet-mag-m43';
const otherModel = 'dualnet-mag-m16';
const pathModel = 'paths-indoor';
const data = fileURLToPath(new URL('../../../scripts/lab/data/cost2100-indoor-test-1024.npz', import.meta.url));
/** Pictures of the page, for people; git does not know them. */
const artefacts = new URL('../../../report/browser/', import.meta.url);
/** Longest wait for anything; only a failing test waits that long. */
const patience = { timeout: 40_000 };

const secret = '0123456789abcdef'.repeat(4);

let browser: Browser | undefined;
let page: Page | undefined;
let server: ServeProcess;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-page-'));
  await mkdir(artefacts, { recursive: true });
  if (chromiumProblem() === undefined) browser = await startChromium();
  server = await serve();
});
afterAll(async () => {
  server.process.kill('SIGKILL');
  await browser?.close();
  await rm(folder, { recursive: true });
});
afterEach(() => page?.close());

/** Serves three models with the page, at a period that 200 reports soon take. */
function serve(...args: string[]): Promise<ServeProcess> {
  return startServe(
    '--models',
    `${model},${otherModel},${pathModel}`,
    '--period-slots',
    '8',
    '--quiet',
    '--ui',
    ...args,
  );
}

/** Opens the page; what the browser complains of is collected. */
async function openPage(url: string, options: Parameters<Browser['newPage']>[0] = {}) {
  const complaints: string[] = [];
  const opened = await (browser as Browser).newPage(options);
  page = opened;
  opened.on('console', (message) => {
    // Not warnings: Chromium warns of a socket that is closed before it is open, as where a UE is replaced while it connects.
    if (message.type() === 'error') complaints.push(message.text());
  });
  opened.on('pageerror', (error) => complaints.push(error.message));
  await opened.goto(`${url.replace(/^ws/, 'http')}/ui`);
  return { page: opened, complaints };
}

/** A server with the page that asks for tokens, and ends with its scope. */
async function startGuarded(secretFile: string, port: string) {
  const { process: child, url } = await serve('--port', port, '--admin-port', '0', '--token-secret-file', secretFile);
  const exited = once(child, 'exit');
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What the page shows at a moment. */
async function numbersOf(opened: Page) {
  const text = async (id: string) => (await opened.locator(`#${id}`).textContent()) ?? '';
  const others = (await text('undecoded')).match(/\d+/g) ?? [];
  const decoded = Number(await text('decoded'));
  return {
    decoded,
    /** Sent, and nothing heard of them. */
    open: Number(await text('sent')) - others.reduce((sum, count) => sum + Number(count), decoded),
    compared: Number(await opened.locator('#nmse-mean').getAttribute('data-count')),
  };
}

async function waitForDecoded(opened: Page, count: number): Promise<void> {
  await expect.poll(async () => (await numbersOf(opened)).decoded, patience).toBeGreaterThanOrEqual(count);
}

async function waitForText(opened: Page, id: string, text: RegExp): Promise<void> {
  await expect.poll(() => opened.locator(`#${id}`).textContent(), patience).toMatch(text);
}

/** NMSE of the estimates that a subscriber in this process got of one UE, from the data itself. */
async function nmseOf(estimates: readonly Estimate[]): Promise<number> {
  const manifest = await readManifest(path.join(zooDirectory(), model));
  const source = await openCsiSource(data, manifest.csi);
  const ratios = estimates.map(({ slot, csi }) =>
    squaredErrorRatio(source.downlink(Math.floor(slot / 8) % source.numSamples), csi),
  );
  return nmseDb(ratios);
}

describe.skipIf(browserIsMissing())('the page of edge-csi serve --ui', () => {
  it.each([
    { reports: 200, encoder: 'micro', place: 'main' },
    { reports: 20, encoder: 'ort', place: 'main' },
    { reports: 20, encoder: 'micro', place: 'worker' },
    { reports: 200, encoder: 'ort', place: 'worker' },
  ])('sends $reports reports with $encoder in $place, and shows the NMSE that the estimates have', async (setting) => {
    const { url } = server;
    const estimates: Estimate[] = [];
    const subscription = await subscribeEstimates({ url, onEstimate: (estimate) => estimates.push(estimate) });
    const { page: opened, complaints } = await openPage(url);
    await opened.locator(`input[value=${setting.encoder}] + span`).click();
    await opened.locator(`input[value=${setting.place}] + span`).click();
    await opened.locator('#pace').selectOption('1');
    const ueId = await opened.locator('#ue-id').inputValue();
    await waitForDecoded(opened, setting.reports);
    await opened.locator('#pause').click();
    // The page's UE before this one, with the usual settings, was another session.
    const estimatesOfUe = () => {
      const ofUe = estimates.filter((estimate) => estimate.ueId === ueId);
      return ofUe.filter(({ epoch, quality }) => epoch === ofUe.at(-1)?.epoch && quality === 'fresh');
    };
    // Every report has its outcome, and every estimate its place. Twice: what was being encoded at the pause still comes.
    for (const settlingMs of [0, 500]) {
      await setTimeout(settlingMs);
      await expect
        .poll(async () => {
          const { open, decoded, compared } = await numbersOf(opened);
          return [open, compared - decoded, estimatesOfUe().length - decoded];
        }, patience)
        .toEqual([0, 0, 0]);
    }
    await subscription.close();
    const own = estimatesOfUe();
    const { decoded } = await numbersOf(opened);
    expect(decoded).toBeGreaterThanOrEqual(setting.reports);
    expect(own.length).toBe(decoded);
    const expected = await nmseOf(own);
    const shown = opened.locator('#nmse-mean');
    expect(Number(await shown.getAttribute('data-value'))).toBeCloseTo(expected, 9);
    expect(await shown.textContent()).toBe(`−${(-expected).toFixed(2)} dB`);
    expect(expected).toBeLessThan(-13);
    expect(await opened.locator('#problem').isHidden()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('fits a desk and a hand, in light and dark', async () => {
    const { page: opened, complaints } = await openPage(server.url);
    await waitForDecoded(opened, 5);
    for (const [width, height] of [
      [1280, 960],
      [420, 900],
    ] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await opened.setViewportSize({ width, height });
        await opened.emulateMedia({ colorScheme });
        const overflow = await opened.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(overflow).toBeLessThanOrEqual(0);
        await opened.screenshot({
          path: fileURLToPath(new URL(`${colorScheme}-${width}.png`, artefacts)),
          fullPage: true,
        });
      }
    }
    expect(complaints).toEqual([]);
  });

  it('shows the paths that the BS decodes as circles on the downlink, in no more bits than its cap', async () => {
    const { url } = server;
    const estimates: PathEstimate[] = [];
    const onEstimate = (estimate: PathEstimate) => estimates.push(estimate);
    const subscription = await subscribeEstimates({ url, form: 'paths', onEstimate });
    const { page: opened, complaints } = await openPage(url);
    await waitForDecoded(opened, 1);
    expect(await opened.locator('#cap').isHidden()).toBe(true);
    await opened.locator('#model').selectOption(pathModel);
    await waitForText(opened, 'model-id', /^paths-indoor$/);
    await opened.locator('#cap').selectOption('80');
    // What was under way has the cap of before.
    const uncapped = (await numbersOf(opened)).decoded;
    await waitForDecoded(opened, uncapped + 3);
    const ueId = await opened.locator('#ue-id').inputValue();
    const firstCapped = estimates.filter((estimate) => estimate.ueId === ueId).length;
    await waitForDecoded(opened, uncapped + 10);
    await opened.locator('#pause').click();
    // Twice: what was being encoded at the pause still comes.
    for (const settlingMs of [0, 500]) {
      await setTimeout(settlingMs);
      await expect.poll(async () => (await numbersOf(opened)).open, patience).toBe(0);
    }
    await subscription.close();

    const capped = estimates.filter((estimate) => estimate.ueId === ueId).slice(firstCapped);
    expect(capped.length).toBeGreaterThan(3);
    expect(Math.max(...capped.map(({ payloadBits }) => payloadBits))).toBeLessThanOrEqual(80);
    const slot = Number(/^Slot (\d+),/.exec((await opened.locator('#where').textContent()) ?? '')?.[1]);
    const paths = capped.find((estimate) => estimate.slot === slot)?.paths;
    if (paths === undefined) throw new Error('no paths of the slot on the page');
    const count = paths.delaySamples.length;
    expect(count).toBeGreaterThan(1);
    const label = await opened.locator('#path-marks').getAttribute('aria-label');
    const places = [...(label ?? '').matchAll(/(-?[\d.]+) (-?[\d.]+)/g)];
    expect(places.length).toBe(count);
    for (const [k, [, row, column]] of places.entries()) {
      const bin = (paths.spatialFrequency[2 * k] as number) * 32;
      expect(Number(row)).toBeCloseTo(bin >= 31.5 ? bin - 32 : bin, 1);
      expect(Number(column)).toBeCloseTo(paths.delaySamples[k] as number, 1);
    }
    const known = (label ?? '').match(/known/g)?.length ?? 0;
    const text = `, ${count} paths${known === 0 ? '' : `, ${known} known`}`;
    expect(await opened.locator('#path-count').textContent()).toBe(text);
    await opened.screenshot({ path: fileURLToPath(new URL('paths.png', artefacts)), fullPage: true });
    expect(complaints).toEqual([]);
  });

  it('shows a UE that moves, and what the report before predicted of its channel beside the estimate that is held', async () => {
    const [zoo, track] = [path.join(folder, 'moving-zoo'), path.join(folder, 'walk.npz')];
    await edgeCsi('models', 'paths', '--measurements', '4', '--out', path.join(zoo, 'paths-moving'));
    const walk = [
      '--scenario',
      'cost2100-indoor',
      '--ues',
      '1',
      '--samples',
      '400',
      '--speed-kmh',
      '3',
      '--period-ms',
      '5',
    ];
    await edgeCsi('simulate', ...walk, '--out', track);
    const moving = await startServe('--zoo', zoo, '--quiet', '--ui', '--ui-data', track, '--ui-sample-slots', '5');
    try {
      const { page: opened, complaints } = await openPage(moving.url);
      const shown = async (id: string) =>
        Number((await opened.locator(`#${id}`).textContent())?.replace(/−/, '-').replace(' dB', ''));
      await waitForDecoded(opened, 24);
      expect(await opened.locator('#map-predicted').isVisible()).toBe(true);
      expect(await shown('nmse-predicted')).toBeLessThan((await shown('nmse-held')) - 5);
      await opened.screenshot({ path: fileURLToPath(new URL('moving.png', artefacts)) });
      expect(complaints).toEqual([]);
    } finally {
      moving.process.kill('SIGKILL');
    }
  });

  it('tells paths that both ends knew, where the channel is that of a UE on its way', async () => {
    const tracks = fileURLToPath(new URL('../../fixtures/csi/munich-tracks.npz', import.meta.url));
    const { process: child, url } = await startServe('--models', pathModel, '--quiet', '--ui', '--ui-data', tracks);
    onTestFinished(() => void child.kill('SIGKILL'));
    const { page: opened, complaints } = await openPage(url);
    await waitForText(opened, 'path-count', /^, \d+ paths, \d+ known$/);
    expect(complaints).toEqual([]);
  });

  it('takes over the model that is activated on the BS, unless it holds another', async () => {
    const { page: opened } = await openPage(server.url);
    const activate = (id: string) => fetch(`${server.adminUrl}/models/${id}/activate`, { method: 'POST' });
    await waitForText(opened, 'model-id', /^dualnet-mag-m43$/);
    expect((await activate(otherModel)).status).toBe(200);
    await waitForText(opened, 'model-id', /^dualnet-mag-m16$/);
    await waitForDecoded(opened, 1);
    await opened.locator('#model').selectOption(model);
    await waitForText(opened, 'model-id', /^dualnet-mag-m43$/);
    await waitForDecoded(opened, 1);
    expect((await activate(model)).status).toBe(200);
  });

  it('shows its tokens to a server that asks for them, says why it cannot go on, and goes on when the BS is back', async () => {
    const secretFile = path.join(folder, 'secret');
    await writeFile(secretFile, `${secret}\n`);
    const port = String(await freePort());
    await using guarded = await startGuarded(secretFile, port);
    const { page: opened } = await openPage(guarded.url);
    await waitForText(opened, 'ue-state', /^reconnecting, connection-lost/);
    await waitForText(opened, 'bs-state', /^reconnecting, connection-lost/);
    await opened.locator('summary').click();
    // What no subprotocol can carry.
    await opened.locator('#estimates-token').fill('no token');
    await opened.locator('button[type=submit]').click();
    await waitForText(opened, 'bs-state', /^failed, the token/);
    await opened.locator('#ue-id').fill('page-1');
    await opened
      .locator('#ue-token')
      .fill(await signAccessToken(secret, { role: 'ue', ueId: 'page-1', ttlSeconds: 60 }));
    await opened.locator('#estimates-token').fill(await signAccessToken(secret, { role: 'estimates', ttlSeconds: 60 }));
    await opened.locator('button[type=submit]').click();
    await waitForText(opened, 'nmse-count', /^over \d+ estimates$/);

    await guarded[Symbol.asyncDispose]();
    await waitForText(opened, 'ue-state', /^reconnecting, /);
    await waitForText(opened, 'bs-state', /^reconnecting, /);
    await using back = await startGuarded(secretFile, port);
    expect(back.url).toBe(guarded.url);
    await waitForText(opened, 'ue-state', /^ready$/);
    await waitForText(opened, 'bs-state', /^ready$/);
    const count = async () => (await numbersOf(opened)).compared;
    const before = await count();
    await expect.poll(count, patience).toBeGreaterThan(before);
  });
});

describe('what edge-csi serve --ui answers', () => {
  const at = (name: string) => `${server.url.replace(/^ws/, 'http')}/ui${name}`;
  const measure = (query: string, init: RequestInit = {}) =>
    fetch(at(`/measure?${query}`), { method: 'POST', ...init });

  it('is its own files and those of onnxruntime-web it needs, under a strict policy, and nothing else', async () => {
    const page = await fetch(at(''));
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'; script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
    expect(await page.text()).not.toMatch(/https?:|style=|<script>|<style/);

    const wasm = await fetch(at('/ort/ort-wasm-simd-threaded.wasm'), { method: 'HEAD' });
    expect(wasm.headers.get('content-type')).toBe('application/wasm');
    const etag = wasm.headers.get('etag') ?? '';
    const again = await fetch(at('/ort/ort-wasm-simd-threaded.wasm'), { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    for (const name of ['/build.js', '/../package.json', '/%2e%2e/package.json', '/ort/ort.min.mjs', '/src/main.ts']) {
      expect((await fetch(at(name))).status).toBe(404);
    }
  });

  it('is the downlink of a slot, while the BS hears the uplink', async () => {
    const answer = await measure(`ue=page-2&slot=80&model=${model}`);
    const manifest = await readManifest(path.join(zooDirectory(), model));
    const source = await openCsiSource(data, manifest.csi);
    expect(new Float32Array(await answer.arrayBuffer())).toEqual(source.downlink(10).values);
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^edge_csi_uplinks_total\{result="accepted"\} [1-9]/m);
  });

  it('says what is wrong with a request', async () => {
    const wrong: [string, RequestInit, number, string][] = [
      ['ue=&slot=1&model=x', {}, 400, 'ue is not the id of a UE'],
      ['ue=a&slot=-1&model=x', {}, 400, 'slot is not an integer in 0..4294967295'],
      ['ue=a&slot=&model=x', {}, 400, 'slot is not an integer'],
      ['ue=a&slot=1&model=x', {}, 404, 'there is no channel for that model'],
      // The BS serves a model for 32 antennas.
      ['ue=a&slot=1&model=dualnet-mag-nt128-m86', {}, 422, 'uplink-invalid: '],
      [
        `ue=a&slot=1&model=${model}`,
        { headers: { origin: 'https://elsewhere.example' } },
        403,
        'pages of other origins',
      ],
      [`ue=a&slot=1&model=${model}`, { method: 'PUT' }, 405, 'only GET, HEAD and POST'],
      [`ue=a&slot=1&model=${model}`, { method: 'GET' }, 404, 'not found'],
    ];
    for (const [query, init, status, message] of wrong) {
      const answer = await measure(query, init);
      expect(await answer.text()).toContain(message);
      expect(answer.status).toBe(status);
    }
  });

  it('is nothing where the data cannot be read: the command says so', async () => {
    const { code, stderr } = await edgeCsi('serve', '--port', '0', '--ui', '--ui-data', 'nowhere.npz');
    expect(stderr).toMatch(/nowhere\.npz/);
    expect(code).toBe(1);
    const alone = await edgeCsi('serve', '--port', '0', '--ui-data', data);
    expect(alone.stderr).toBe('edge-csi: --ui-data goes with --ui, give both\n');
    expect(alone.code).toBe(2);
  });
});

/** Says so, too: a run without the browser must not look like one with it. */
function browserIsMissing(): boolean {
  const problem = chromiumProblem();
  if (problem !== undefined) console.log(`the page is not tested: ${problem}`);
  return problem !== undefined;
}
