import { execFile } from 'node:child_process';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openCsiSource, writeCsi, writeNpz } from '@edge-csi/csi/files';
import { zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../edge-csi-command.ts';
import { CertificateMaker, opensslProblem } from '../openssl.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const documents = [
  'README.md',
  ...(await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];

/** What makes a command cheap, by what it begins with: of an option that is given twice the last counts. */
const cheap: readonly (readonly [command: RegExp, options: string])[] = [
  // What is run where nothing is chosen, six runs, is what link-run.test.ts is of.
  [/^link-run(?!.*--(models|reduction))/, '--samples 4 --ues 2 --period-ms 20 --family paths --max-bits 100'],
  [/^link-run/, '--samples 4 --ues 2 --period-ms 20 --provider cpu'],
  [/^bench (accuracy|rate-distortion)/, '--samples 2'],
  [/^bench latency/, '--models paths-indoor --samples 4 --rounds 1'],
  [/^bench (server|decoder)/, '--models paths-indoor --rounds 1 --seconds 0.1'],
  [/^simulate/, '--samples 40 --environments 2'],
  [/^prune/, '--samples 4'],
  [/^visualize (statistics|ablation)/, '--samples 2'],
  [/^visualize reciprocity/, '--samples 8'],
  [/^models response/, '--samples 16'],
];

/** What needs a server that runs, a broker, a network of one's own or hours: the test that runs it, and what stands there of it. */
const elsewhere: readonly (readonly [command: RegExp, test: string, words: string])[] = [
  [/^serve --role/, 'test/e2e/cluster/site.ts', "'--role'"],
  [/^serve/, 'test/e2e/cli/serve.test.ts', 'startServe('],
  [/^ue/, 'test/e2e/cli/serve.test.ts', "'ue'"],
  [/^models (load|activate|rollback|unload|status)/, 'test/e2e/cli/admin.test.ts', "'activate'"],
  [/my-zoo\/csinet-m512|--models (csinet|mine)|--zoo my-zoo$/, 'test/e2e/cli/training.test.ts', 'csinet-m512'],
  [/--model csinet-mag/, 'test/unit/model-tools/prune/complete-model.test.ts', 'csinet-mag-m16'],
  [/^figures/, 'test/unit/cli/document-pages.test.ts', 'documentPages'],
  [/mixed-v5\.mat/, 'test/e2e/cli/convert.test.ts', 'mixed-v5.mat'],
  [/^--help/, 'test/unit/cli/help.test.ts', '--help'],
];

/** Commands in the fenced code of a document, without comments. */
async function commandsOf(document: string): Promise<string[]> {
  const text = await readFile(path.join(root, document), 'utf8');
  const blocks = [...text.matchAll(/^```[a-z]*\n(.*?)^```/gms)].map(([, code = '']) => code.replaceAll('\\\n', ' '));
  return blocks.flatMap((code) =>
    [...code.matchAll(/^(?:\$ )?(?:npx|npm ci && npx) edge-csi (.*)$/gm)].map(([, args = '']) =>
      args.replace(/\s+#.*$/, '').trim(),
    ),
  );
}

/** Without cross compilers, and emulators of what they compile for: the tests of what is exported run those. */
const env = { ...process.env, PATH: path.dirname(process.execPath) };

let folder: string;
const ran = new Set<string>();

/** Files of the names that documents use, small ones. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-documents-'));
  const at = (name: string) => path.join(folder, name);
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [program, ...args], { cwd: folder });
  const simulate = [
    'simulate',
    '--scenario',
    'cost2100-indoor',
    '--environments',
    '4',
    '--ues',
    '8',
    '--samples',
    '120',
    '--speed-kmh',
    '0',
  ];
  for (const [i, name] of ['my-paths', 'paths', 'test', 'train', 'calibration'].entries()) {
    await run(...simulate, '--seed', `${i + 1}`, '--out', `${name}.npz`);
  }
  const csi = { numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6, timing: 'absolute' as const };
  const source = await openCsiSource(at('test.npz'), { ...csi, downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 });
  const first = (band: 'downlink' | 'uplink') => ({ numSamples: 8, at: (i: number) => source[band](i) as never });
  await writeCsi(at('Data100_Hvalin_down_FDD.mat'), 'mat', { HD_val: first('downlink') });
  await writeCsi(at('Data100_Hvalin_up_FDD.mat'), 'mat', { HU_val: first('uplink') });
  await writeCsi(at('DATA_Htestin.mat'), 'mat', { HT: first('downlink') });
  await writeCsi(at('deepmimo.npz'), 'npz', { channel: first('downlink') });
  const wide = new Float32Array(2 * 8 * 64 * 128);
  for (let i = 0; i < wide.length / 2; i++) {
    const [antenna, k] = [Math.floor(i / 128) % 64, i % 128];
    wide.set([Math.cos(0.3 * antenna + 0.1 * k + i / 8192), Math.sin(0.3 * antenna + 0.1 * k + i / 8192)], 2 * i);
  }
  await writeNpz(at('theirs.npz'), { channel: { dtype: 'complex64', shape: [8, 64, 128], data: wide } });
  await writeFile(at('secret'), `${'0123456789abcdef'.repeat(4)}\n`);
  await cp(path.join(zooDirectory(), 'dualnet-mag-m43'), at('my-zoo/dualnet-mag-m43'), { recursive: true });
  for (const network of ['encoder', 'decoder']) {
    await copyFile(at(`my-zoo/dualnet-mag-m43/${network}.onnx`), at(`my-${network}.onnx`));
  }
  await symlink(path.join(root, 'scripts'), at('scripts'));
  await copyFile(path.join(root, 'scripts/lab/data/raytraced-munich-test-128.npz'), at('munich.npz'));
  if (opensslProblem() === undefined) {
    using maker = new CertificateMaker();
    const authority = maker.authority('test');
    const bs = maker.signed(authority, 'bs');
    await copyFile(bs.certFile, at('bs.pem'));
    await copyFile(bs.keyFile, at('bs-key.pem'));
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe.each(documents)('the commands of %s', (document) => {
  it('run, or are run by a test of their own', async () => {
    const failed: string[] = [];
    for (const command of await commandsOf(document)) {
      // What stands in two documents is run once.
      if (ran.has(command)) continue;
      ran.add(command);
      const own = elsewhere.find(([of]) => of.test(command));
      if (own !== undefined) {
        expect(await readFile(path.join(root, own[1]), 'utf8')).toContain(own[2]);
        continue;
      }
      const options = cheap.find(([of]) => of.test(command))?.[1] ?? '';
      const verify = /^models verify/.test(command) ? ' u2d-mag' : '';
      const args = `${command} ${options}${verify}`.split(/\s+/).filter((arg) => arg !== '');
      await promisify(execFile)(process.execPath, [program, ...args], { cwd: folder, env }).catch(({ stderr }) => {
        failed.push(`${command}\n${stderr}`);
      });
    }
    expect(failed).toEqual([]);
  }, 300_000);
});
