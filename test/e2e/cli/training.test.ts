import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../edge-csi-command.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Pythons that may have PyTorch: the user's, Debian's, and one that is named. */
const candidates = new Set(['python3', '/usr/bin/python3', ...(process.env.EDGE_CSI_PYTHON?.split(':') ?? [])]);
const question =
  "import sys, torch, onnx; print(sys.executable, torch.__version__, onnx.__version__, hasattr(torch, 'export'))";
const answers = [...candidates].flatMap((python) => {
  const { status, stdout } = spawnSync(python, ['-c', question], { encoding: 'utf8' });
  if (status === 0) return [stdout.trim()];
  console.warn(`skipping training with ${python}: it has no torch or no onnx`);
  return [];
});
// Two names may be of one program.
const pythons = [...new Set(answers)].map((answer) => {
  const [python = '', torch = '', onnx = '', exports = ''] = answer.split(' ');
  return { python, versions: `${torch} and ${onnx}`, exports: exports === 'True' };
});

let folder: string;
const at = (name: string): string => path.join(folder, name);
const run = (file: string, args: readonly string[]) =>
  promisify(execFile)(file, [...args], { cwd: folder }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }) as { code: number; stdout: string; stderr: string },
  );
const edgeCsi = (...args: string[]) => run(process.execPath, [program, ...args]);

/** Lines of a document's shell code that call Python, as arguments. */
async function pythonLines(document: string): Promise<string[][]> {
  const text = await readFile(path.join(root, document), 'utf8');
  return [...text.matchAll(/^python3 (.*)$/gm)].map(([, args = '']) => args.split(' '));
}

/** A fenced block of bring-your-own-model.md. */
async function block(language: string): Promise<string> {
  const text = await readFile(path.join(root, 'docs/bring-your-own-model.md'), 'utf8');
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(text)?.[1] ?? '';
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-training-'));
  if (pythons.length === 0) return;
  await symlink(path.join(root, 'scripts'), at('scripts'));
  const simulate = ['simulate', '--scenario', 'cost2100-indoor', '--environments', '12', '--samples', '96'];
  for (const name of ['train', 'calibration']) {
    expect(await edgeCsi(...simulate, '--seed', '5', '--out', at(`${name}.npz`))).toMatchObject({ code: 0 });
  }
  const convert = ['convert', '--data', at('train.npz')];
  await edgeCsi(...convert, '--out', at('down.mat'), '--uplink-out', at('up.mat'));
  await edgeCsi(...convert, '--antennas', '64', '--delays', '16', '--out', at('deepmimo.npz'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(pythons.length === 0).each(pythons)('training with $python, PyTorch and ONNX $versions', (found) => {
  const { python, exports } = found;
  beforeAll(async () => {
    await rm(at('my-zoo'), { recursive: true, force: true });
  });

  it('makes models for the link by the lines of docs/training.md', { timeout: 600_000 }, async () => {
    const lines = await pythonLines('docs/training.md');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const [script = '', ...args] of lines) {
      const few = script.endsWith('train.py')
        ? ['--limit', '60', '--minutes', '0.1']
        : ['--samples', '60', '--epochs', '0.3'];
      expect(await run(python, [script, ...args, ...few])).toMatchObject({ code: 0 });
    }
    expect((await readdir(at('my-zoo'))).sort()).toEqual(['crnet-64x16', 'csinet-m64', 'mine', 'mine-full']);
    // No weights stand beside a network.
    const files = ['card.md', 'decoder.onnx', 'encoder.onnx', 'manifest.json'];
    expect((await readdir(at('my-zoo/csinet-m64'))).sort()).toEqual(files);
    for (const model of ['csinet-m64', 'mine']) {
      const data = model === 'mine' ? ['--data', 'down.mat', '--uplink', 'up.mat'] : ['--data', 'down.mat'];
      const link = [
        ...data,
        '--samples',
        '8',
        '--ues',
        '2',
        '--period-ms',
        '20',
        '--provider',
        'cpu',
        '--json',
        'link.json',
      ];
      expect(await edgeCsi('link-run', '--zoo', 'my-zoo', '--models', model, ...link)).toMatchObject({ code: 0 });
      const [result] = JSON.parse(await readFile(at('link.json'), 'utf8')).runs;
      expect(result).toMatchObject({ model, reportsSent: 8 });
      expect(result.reportsDecoded).toBeGreaterThan(0);
    }
  });

  it('refuses in one line what it cannot train on', { timeout: 300_000 }, async () => {
    const wrong = [
      'scripts/train/autoencoder.py',
      'csinet',
      '--data',
      'down.mat',
      '--antennas',
      '16',
      '--out',
      'my-zoo/no',
    ];
    const misshapen = await run(python, wrong);
    expect(misshapen.code).toBe(
      (await edgeCsi('convert', '--data', 'down.mat', '--antennas', '16', '--out', 'no.npz')).code,
    );
    expect(misshapen.stderr).toContain('Hur_down');
    const dualnet = [
      'scripts/train/train.py',
      'scripts/train/configs/dualnet-mag-m4.json',
      '--data',
      'down.mat',
      '--out',
      'my-zoo',
    ];
    const alone = await run(python, dualnet);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toContain('has no uplink');
    await expect(readdir(at('my-zoo/no'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.runIf(exports)(
    'exports a checkpoint by the lines of docs/bring-your-own-model.md',
    { timeout: 300_000 },
    async () => {
      await mkdir(at('my-zoo/csinet-m512'), { recursive: true });
      const model = [
        'import sys',
        "sys.path.append('scripts/train')",
        'import torch, csinet',
        "model = torch.nn.ModuleDict({'encoder': csinet.Encoder(32, 32, 512), 'decoder': csinet.Decoder(32, 32, 512)})",
        'model.encoder, model.decoder = model["encoder"], model["decoder"]',
        "if __name__ == '__main__': torch.save({'state_dict': model.state_dict()}, 'checkpoint.pth')",
      ];
      await writeFile(at('model.py'), model.join('\n'));
      await writeFile(at('export.py'), await block('python'));
      await writeFile(at('my-zoo/csinet-m512/manifest.json'), await block('json'));
      for (const script of ['model.py', 'export.py']) expect(await run(python, [script])).toMatchObject({ code: 0 });
      const complete = ['models', 'complete', 'my-zoo/csinet-m512', '--calibration', 'calibration.npz'];
      expect(await edgeCsi(...complete)).toMatchObject({ code: 0 });
      const accuracy = ['bench', 'accuracy', '--zoo', 'my-zoo', '--models', 'csinet-m512', '--samples', '4'];
      expect(await edgeCsi(...accuracy)).toMatchObject({ code: 0 });
    },
  );
});
