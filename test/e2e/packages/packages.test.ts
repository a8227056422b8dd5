import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const zoo = path.join(root, 'models', 'zoo');
const typescripts = ['5.4', '7.0'];

/** What a UE needs. */
const uePackages = ['proto', 'csi', 'models', 'ue-client'];

let folder: string;
let ue: string;
let site: string;
/** Why nothing is installed, where the registry does not answer. */
let offline: string | undefined;

/** Runs a program to its end, without what npm tells the programs it runs. @returns what it wrote, both streams */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$/i.test(name)));
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env });
    return stdout + stderr;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause });
  }
}

const node = (cwd: string, code: string) => run(cwd, process.execPath, '--input-type=module', '--eval', code);

/** Folders of the packages that are for others. */
async function publicFolders(): Promise<string[]> {
  const read = async (folder: string) => JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8'));
  const { workspaces } = (await read('.')) as { readonly workspaces: readonly string[] };
  const marks = await Promise.all(workspaces.map(async (folder) => (await read(folder)).private === true));
  return workspaces.filter((_, i) => !marks[i]);
}

/** Packs every public package. @returns the tarballs by the package's name, without its scope */
async function pack(): Promise<Map<string, string>> {
  const chosen = (await publicFolders()).flatMap((workspace) => ['--workspace', workspace]);
  await run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', folder, ...chosen);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  return new Map(files.map((name) => [/^edge-csi-(.+)-[\d.]+\.tgz$/.exec(name)?.[1] ?? name, path.join(folder, name)]));
}

/** An empty project with packages installed, without a word of warning. */
async function install(name: string, packages: readonly string[]): Promise<string> {
  const project = path.join(folder, name);
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const said = await run(project, 'npm', 'install', '--ignore-scripts', '--prefer-offline', ...packages);
  expect(said).not.toMatch(/warn/i);
  return project;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-packages-'));
  const tarballs = await pack();
  const compilers = typescripts.map((version) => `typescript-${version}@npm:typescript@${version}`);
  try {
    ue = await install(
      'ue',
      uePackages.map((name) => tarballs.get(name) as string),
    );
    site = await install('site', [...tarballs.values(), ...compilers]);
  } catch (cause) {
    if (!/E(AI_AGAIN|NOTFOUND|CONNREFUSED|TIMEDOUT|CONNRESET)/.test(String(cause))) throw cause;
    offline = 'the package registry does not answer';
  }
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));
beforeEach(({ skip }) => {
  if (offline !== undefined) skip(offline);
});

describe('a UE with the encoder micro, installed from packages', () => {
  it('is under 2 MB with all it needs: no onnxruntime-web, no zoo', async () => {
    const modules = path.join(ue, 'node_modules');
    const names = await readdir(modules, { recursive: true });
    let bytes = 0;
    for (const name of names) {
      const entry = await stat(path.join(modules, name));
      if (entry.isFile()) bytes += entry.size;
    }
    console.log(`@edge-csi/ue-client installed: ${bytes} bytes`);
    expect((await readdir(modules)).filter((name) => !name.startsWith('.')).sort()).toEqual(['@edge-csi', 'ws']);
    expect((await readdir(path.join(modules, '@edge-csi'))).sort()).toEqual([...uePackages].sort());
    expect(bytes).toBeLessThan(2e6);
  });

  it('says what to install for the zoo, and for the encoder ort', async () => {
    const problem = (code: string) =>
      node(ue, `await (async () => { ${code} })().catch((e) => console.log(e.code, e.message));`);
    expect(await problem(`(await import('@edge-csi/models/disk')).zooDirectory();`)).toMatch(
      /^model-unknown .*npm install @edge-csi\/zoo/,
    );
    const ort = `const { loadModel } = await import('@edge-csi/models/disk');
      const { openEncoder } = await import('@edge-csi/ue-client');
      await openEncoder('ort', await loadModel('${zoo}/dualnet-mag-m16', ['encoder']));`;
    expect(await problem(ort)).toMatch(/^dependency-missing .*npm install onnxruntime-web/);
  });
});

const readmePrelude = `
import type { AngularDelayCsi } from '@edge-csi/csi';
declare const measurements: AsyncIterable<{ readonly slot: number; readonly values: Float32Array }>;
declare const slot: number;
declare const uplinkCsi: AngularDelayCsi;
declare function schedule(ueId: string, slot: number, csi: AngularDelayCsi): void;
`;

/** The programs of the README and of the packages' own, as they stand there. */
async function readmePrograms(): Promise<string[]> {
  const files = ['README.md', ...(await publicFolders()).map((workspace) => path.join(workspace, 'README.md'))];
  const texts = await Promise.all(files.map((file) => readFile(path.join(root, file), 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => `${readmePrelude}${code}`));
}

describe.each(typescripts)('under TypeScript %s', (version) => {
  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'programs compile, strict, module %s, resolution %s',
    async (module, resolution) => {
      const source = path.join(site, `src-${version}-${resolution}`);
      await mkdir(source);
      const programs = await readmePrograms();
      expect(programs.length).toBeGreaterThanOrEqual(2);
      await Promise.all(programs.map((code, i) => writeFile(path.join(source, `readme-${i}.ts`), code)));
      for (const name of ['ue-program.ts', 'site-program.ts'])
        await copyFile(path.join(import.meta.dirname, name), path.join(source, name));
      const compilerOptions = {
        ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
        ...{ target: 'es2022', lib: ['es2022', 'esnext.disposable'], module, moduleResolution: resolution },
        ...{ outDir: 'out', rootDir: '.' },
      };
      await writeFile(path.join(source, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
      const compiler = path.join(site, 'node_modules', `typescript-${version}`, 'bin', 'tsc');
      expect(await run(source, process.execPath, compiler, '-p', '.')).toBe('');
    },
    120_000,
  );
});

describe('a BS and the command, installed from packages', () => {
  let server: ChildProcessByStdio<null, Readable, null> | undefined;
  afterAll(() => server?.kill());

  it('serve, feed and subscribe as compiled, a UE in another project reports', async () => {
    const out = path.join(site, 'src-5.4-nodenext', 'out');
    await copyFile(path.join(out, 'ue-program.js'), path.join(ue, 'ue-program.js'));
    server = spawn(process.execPath, [path.join(out, 'site-program.js')], {
      cwd: site,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    const url: string = (await lines.next()).value;
    expect(await run(ue, process.execPath, 'ue-program.js', url)).toBe('decoded,decoded,decoded\n');
    expect((await lines.next()).value).toBe('fresh,fresh,fresh');
  });

  it('runs edge-csi link-run on its default data', async () => {
    const command = path.join(site, 'node_modules', '.bin', 'edge-csi');
    const args = [
      '--models',
      'dualnet-mag-m16',
      '--samples',
      '16',
      '--ues',
      '2',
      '--period-ms',
      '20',
      '--provider',
      'cpu',
    ];
    await run(site, command, 'link-run', ...args, '--json', 'run.json');
    const { data, runs } = JSON.parse(await readFile(path.join(site, 'run.json'), 'utf8'));
    expect(data).toBe('cost2100-indoor-test-1024.npz');
    expect(runs).toMatchObject([{ model: 'dualnet-mag-m16', reportsSent: 16 }]);
  });
});
