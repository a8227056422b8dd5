import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeNpy } from '@edge-csi/csi/files';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleData } from '../../../scripts/lab/src/data.ts';
import { edgeCsi } from './in-process.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/csi/${name}`, import.meta.url));

const tracks = fixture('munich-tracks.npz');

let folder: string;
const at = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-usage-'));
  await writeFile(at('short'), 'secret\n');
  await writeFile(at('empty.npz'), '');
  await writeFile(at('secret'), `${'0123456789abcdef'.repeat(4)}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

/** Exits with 2, and says in one line what to change. */
async function refuses(args: readonly string[], message: RegExp): Promise<void> {
  const { code, stderr } = await edgeCsi(...args.map((argument) => argument.replace(/^DIR/, folder)));
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^edge-csi: [^\n]*\n$/);
  expect(code).toBe(2);
}

describe('link-run, ue, serve and token', () => {
  it.each([
    [['link-run', '--reduction', '5'], /no pruned model of reduction 5; there are 4, .*8, .*12/],
    [['link-run', '--models', 'nope'], /no model 'nope' in .*; there are .*dualnet-mag-m43/],
    [['link-run', '--ues', 'many'], /--ues is 'many', give an integer from 1 to 4096/],
    [['link-run', '--samples', '2000'], /--samples is 2000, cost2100-indoor-test-1024\.npz has 1024/],
    [['link-run', '--models', ','], /--models is ',', give a list like a,b/],
    [
      ['link-run', '--json', '/nonexistent/run.json'],
      /--json is '\/nonexistent\/run\.json', but \/nonexistent is not a folder/,
    ],
    [['link-run', '--svg', 'curve.svg'], /--svg is 'curve\.svg', give a folder/],
    [['link-run', '--report', '/'], /--report is '\/', which is a folder; give a file/],
    [['link-run', '--samples', '8', '--show-samples', '8'], /--show-samples names 8, of 8 samples from 0 to 7/],
    [['ue', '--url', 'ws://'], /--url is 'ws:\/\/'/],
    [['ue', '--url', 'localhost'], /--url is 'localhost', give one like ws:\/\/host:port/],
    [['ue', '--id', 'bad id!'], /--id is 'bad id!', give 1 to 56 characters/],
    [['ue', '--count', '2', '--token', 'x'], /--token is one UE's/],
    [['serve', '--models', 'x'], /no model 'x' in/],
    [['serve', '--uplink-only', 'nope'], /no model 'nope' in .*; there are u2d-mag/],
    [['link-run', '--models', 'u2d-mag'], /no model 'u2d-mag' in .*; there are dualnet-/],
    [['serve', '--role', 'worker'], /--role worker needs --nats, as --nats nats:/],
    [['serve', '--cell', 'a'], /--cell goes with --role gateway or --role worker/],
    [['serve', '--no-local-decode'], /--no-local-decode goes with --role gateway or --role worker/],
    [
      ['serve', '--token-secret-file', 'DIR/short'],
      /--token-secret-file is '.*short', with 6 bytes; make one with: openssl/,
    ],
    [['serve', '--token-secret-file', '/nowhere'], /--token-secret-file is '\/nowhere', which cannot be read/],
    [['serve', '--tls-cert', 'DIR/short'], /--tls-cert and --tls-key go together/],
    [['serve', '--tls-ca', 'DIR/short'], /--tls-ca needs --tls-cert/],
    [['serve', '--port', '65535'], /--port is 65535, and there is none after it: give --admin-port/],
    [['serve', '--ui-data', sampleData], /--ui-data goes with --ui, give both/],
    [['token', '--secret-file', 'DIR/secret'], /--role ue needs --ue/],
    [['token', '--ue', '', '--secret-file', 'DIR/secret'], /--ue is ''/],
    [['token', '--role', 'phy', '--ue', 'ue-1', '--secret-file', 'DIR/secret'], /--ue goes with --role ue/],
    [['models', 'status', '--server', 'bs.example'], /--server is 'bs.example', give one like http/],
    [['models', 'status', '--token-file', 'DIR/none'], /--token-file is '.*none', which cannot be read: ENOENT/],
    [['report', 'package.json'], /there is nothing to write; give --report, --svg or --markdown/],
    [['report', 'nope.json', '--report', 'x.html'], /nope\.json cannot be read/],
    [
      ['figures', 'accuracy'],
      /give --data-dir, a folder with cost2100-indoor-test\.npz; without it there are .*link-run/,
    ],
    [['figures', 'nope'], /no page 'nope'; there are .*link-run, /],
    [['visualize', 'summary'], /give either --model .* or --onnx/],
  ])('%j says what to change', refuses);

  it.each([
    [['link-run', '--bogus'], /unknown option '--bogus'/],
    [['models', 'load'], /missing required argument 'folder'/],
    [['bnch'], /Did you mean bench\?/],
  ])('%j exits with 2', async (args, message) => {
    expect(await edgeCsi(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });
});

describe('bench', () => {
  it.each([
    [['bench', '--suite', 'nope'], /--suite nope is no option of bench, say: edge-csi bench and one of accuracy, /],
    [['bench', '--suite', 'latency'], /--suite latency is no option of bench, say: edge-csi bench latency$/m],
    [['bench', '--models', 'm', '--suite=soak'], /say: edge-csi bench soak$/m],
    [['bench', 'rate-distortion', '--baselines-from', sampleData], /--baselines-from and --data are the same data/],
    [['bench', 'rate-distortion', '--models', 'u2d-mag'], /no model 'u2d-mag' in/],
    [['bench', 'accuracy', '--record', '--encoder', 'micro'], /--record writes figures of the ort encoder/],
    [['bench', 'accuracy', '--record', '--scenario', 'umi'], /--record writes figures on a file into manifests/],
    [['bench', 'soak', '--models', 'dualnet-mag-m43,dualnet-mag-m16'], /takes one model, --models names 2/],
    [['bench', 'moving', '--models', 'dualnet-mag-m43'], /--models is dualnet-mag-m43, must be one model of path rep/],
    [['bench', 'moving', '--data', tracks, '--scenario', 'umi'], /--scenario is for simulated channels, --data has/],
    [['bench', 'moving', '--data', tracks, '--slot-ms', '4'], /--periods-ms has 5, must be whole slots of --slot-ms 4/],
    [['bench', 'moving', '--data', tracks, '--periods-ms', '100'], /no UE has two reports at any of --periods-ms/],
  ])('%j says what to change', refuses);

  it.each([
    [['bench', 'nope'], /unknown command 'nope'/],
    [['bench', 'accuracy', '--select', sampleData], /unknown option '--select'/],
    [['bench', 'latency', '--by', 'snr'], /unknown option '--by'/],
    [['bench', 'accuracy', '--by', 'phase'], /Allowed choices are distance, snr/],
  ])('%j: a suite has its own options only', async (args, message) => {
    expect(await edgeCsi(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it.each([
    ['{"schema": "edge-csi/bench@1", "suite": "accuracy"}', /which has no metrics; give a file that bench --json has/],
    ['{"schema": "edge-csi/bench@1", "suite": "dense", "metrics": []}', /a run of bench dense; give one of bench acc/],
    [
      '{"schema": "edge-csi/bench@1", "suite": "accuracy", "partial": true, "metrics": []}',
      /partial result of a run that was/,
    ],
    ['models', /which cannot be read as JSON/],
  ])('refuses the baseline %s', async (text, message) => {
    await writeFile(at('baseline.json'), text);
    await refuses(['bench', 'accuracy', '--baseline', at('baseline.json')], message);
  });
});

describe('simulate, convert and prune', () => {
  const umi = ['simulate', '--scenario', 'umi'];
  const indoor = fixture('paths-indoor.npz');

  it.each([
    [[...umi, '--out', 'x.csv'], /--out is 'x.csv', name a file that ends in \.npz or \.npy/],
    [[...umi, '--out', 'x.npz', '--snr-db', '10'], /--snr-db is for CSI matrices.*add --csi/],
    [[...umi, '--out', 'x.npz', '--antennas', '32'], /--antennas is for CSI matrices.*add --csi/],
    [[...umi, '--out', 'x.npy'], /--uplink-out/],
    [[...umi, '--out', 'x.npy', '--uplink-out', './x.npy'], /--out and --uplink-out are both/],
    [[...umi, '--out', 'x.npy', '--uplink-out', 'y.npz'], /--uplink-out is 'y.npz', name a file that ends in .npy/],
    [[...umi, '--out', 'x.npz', '--csi', '--samples', '1000000'], /16384000000 bytes.*give fewer --samples/],
    [[...umi, '--out', 'x.npz', '--delay-spread-ns', '100'], /--delay-spread-ns belongs to cdl/],
    [
      ['simulate', '--scenario', 'cost2100-indoor', '--out', 'x.npz', '--phases', 'carrier'],
      /--phases belongs to 3GPP/,
    ],
    [[...umi, '--out', 'x.npz', '--speed-kmh', '-1'], /--speed-kmh is '-1', give a number from 0/],
    [[...umi, '--out', 'x.npz', '--csi', '--delays', '99', '--subcarriers', '64'], /--delays is 99/],
    [['convert', '--data', indoor, '--out', 'DIR/x.csv'], /end it in .npy, .npz or .mat, or give --to/],
    [['convert', '--data', indoor, '--out', 'DIR/x.npz', '--samples', '9'], /is 9, paths-indoor.npz has 8/],
  ])('%j says what to change', refuses);

  it('simulate names the scenarios there are', async () => {
    const { code, stderr } = await edgeCsi('simulate', '--scenario', 'urban', '--out', 'x.npz');
    expect(stderr).toMatch(/choices are cost2100-indoor/);
    expect(code).toBe(2);
  });

  it.each<[string[], RegExp]>([
    [['--delays', '8', '--data', indoor], /--calibration and --data are the same file/],
    [[], /dualnet-mag-m8 has no convolution to fold: give --outputs, --delays, --rank or --weights/],
    [['--weights', '5'], /--weights is '5', give one of 32, 16, 8, 4/],
    [['--delays', '33'], /--delays is 33, and dualnet-mag-m8 has 32 delays/],
    [['--delays', '8,4,8'], /--delays names 8 twice/],
    [['--rank', '8'], /--rank is 8, and a rank is below the codeword length, 8/],
    [['--rank', '5', '--weights', '4'], /--rank is 5, and 4 bits a weight take an even rank/],
    [['--delays', '4,8', '--id', 'one'], /--id names one model, and 2 are asked for/],
  ])('prune %j says what to change', async (args, message) => {
    const prune = ['prune', '--model', 'dualnet-mag-m8', '--calibration', indoor, '--out', at('refused')];
    await refuses([...prune, ...args], message);
  });

  it('prune asks for a calibration', async () => {
    const { code, stderr } = await edgeCsi('prune', '--model', 'dualnet-mag-m8', '--delays', '8', '--out', at('x'));
    expect(stderr).toContain("required option '--calibration <file>'");
    expect(code).toBe(2);
  });
});

describe('files that cannot be used', () => {
  it.each([
    [['models', 'list', '--zoo', '/nonexistent'], /^edge-csi: model-unknown: \/nonexistent is no folder of models/],
    [['link-run', '--data', 'DIR/short'], /^edge-csi: file-format: .*short: expected \.npz, \.npy or \.mat/],
    [
      [
        'prune',
        '--model',
        'dualnet-mag-m8',
        '--delays',
        '8',
        '--calibration',
        'DIR/absent.npz',
        '--out',
        'DIR/refused',
      ],
      /file-format: .*absent\.npz/,
    ],
    [
      ['prune', '--model', 'dualnet-mag-m8', '--delays', '8', '--calibration', 'DIR/empty.npz', '--out', 'DIR/refused'],
      /file-format: .*empty\.npz/,
    ],
    [
      ['convert', '--data', fixture('mixed-v5.mat'), '--variable', 'H', '--out', 'DIR/x.npz'],
      /found complex128 \[2,4,3\], expected/,
    ],
  ])('%j exits with 1 and names it', async (args, message) => {
    const { code, stderr } = await edgeCsi(...args.map((argument) => argument.replace(/^DIR/, folder)));
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});

describe('data that cannot be used', () => {
  it.each([
    ['link-run', '--reduction', '12'],
    ['bench', 'accuracy', '--models', 'dualnet-mag-m43'],
  ])('is named with its sample: %s', async (...command) => {
    const data = new Float32Array(4 * 2048).fill(0.1);
    data[2 * 2048 + 5] = Number.NaN;
    await writeNpy(at('nan.npy'), { dtype: 'float32', shape: [4, 2048], data });
    const { code, stderr } = await edgeCsi(...command, '--data', at('nan.npy'), '--uplink', at('nan.npy'));
    expect(stderr).toMatch(/^edge-csi: csi-invalid: nan\.npy: downlink of sample 2: .*NaN/);
    expect(code).toBe(1);
  });
});

it('ue says which server did not answer, and writes so', async () => {
  const json = at('ue.json');
  const { code, stderr } = await edgeCsi('ue', '--url', 'ws://127.0.0.1:9', '--samples', '1', '--json', json);
  expect(stderr).toMatch(/^edge-csi: connection-lost: .*127\.0\.0\.1:9/);
  expect(code).toBe(1);
  const { ues } = JSON.parse(await readFile(json, 'utf8'));
  expect(ues).toEqual([{ ueId: 'ue', problem: expect.stringContaining('127.0.0.1:9') }]);
});

describe('a saved result that is none', () => {
  it.each([
    ['[1, 2', /^edge-csi: file-format: saved\.json is not JSON/],
    ['null', /^edge-csi: file-format: saved\.json is no result of link-run or of a suite of bench/],
    ['{"schema": "edge-csi/bench@1", "suite": "toString"}', /is no result of link-run or of a suite of bench/],
    [
      '{"schema": "edge-csi/bench@1", "suite": "soak", "runs": [], "environment": {}}',
      /lacks fields that a result of edge-csi\/bench@1 has/,
    ],
    ['{"schema": "edge-csi/bench@1", "suite": "dense"}', /lacks fields that a result of edge-csi\/bench@1 has/],
  ])('is named: %s', async (content, message) => {
    const file = at('saved.json');
    await writeFile(file, content);
    const { code, stderr } = await edgeCsi('report', file, '--report', at('saved.html'));
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});

it('what is refused writes nothing', async () => {
  const left = ['baseline.json', 'empty.npz', 'nan.npy', 'saved.json', 'secret', 'short', 'ue.json'];
  expect(await readdir(folder)).toEqual(left);
});
