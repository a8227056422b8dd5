// What a package needs to be installed elsewhere, after tsc: run from the root of the repository.
// - Dev dependencies that its code imports go into its dist, so that whoever installs it gets what it uses of them and no
//   more. Each has one home, the one file that imports it.
// - What nobody outside can reach is not packed: declarations that no export leads to, what is left of sources that are gone.
// - Typed arrays lose their type argument in declarations: it is the default one, and before TypeScript 5.7 there is none.
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const readJson = async (file) => JSON.parse(await readFile(file, 'utf8'));

/** Files under a folder whose names end so, by absolute path. */
async function filesOf(folder, ending) {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(ending)).map((name) => path.resolve(folder, name));
}

/** A package's license, as a comment. */
async function notice(name, from) {
  const places = createRequire(from).resolve.paths(name) ?? [];
  const folder = places.map((place) => path.join(place, name)).find(existsSync);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license to pass on`);
  return `/* ${name}\n\n${(await readFile(path.join(folder, file), 'utf8')).trim()}\n*/`;
}

/** The file that imports each dev dependency, by the dependency's name. */
async function homesOf(files, { devDependencies = {}, peerDependencies = {} }) {
  const homes = new Map();
  for (const file of files) {
    const imports = (await readFile(file, 'utf8')).matchAll(/^(?:import|export)\b[^;]*? from ["']([^."'][^"']*)["']/gm);
    for (const [, specifier] of imports) {
      const name = specifier.match(/^(@[^/]+\/)?[^/]+/)[0];
      if (devDependencies[name] === undefined || peerDependencies[name] !== undefined) continue;
      const home = homes.get(name) ?? file;
      if (home !== file) throw new Error(`${name} has two homes: ${home} and ${file}`);
      homes.set(name, file);
    }
  }
  return homes;
}

/** Puts a dev dependency into the file that imports it. Files of the package stay imports, and packages installed with it do. */
async function inline(name, file, dist, { dependencies = {}, peerDependencies = {} }) {
  const ownFiles = {
    name: 'own-files',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) =>
        resolveDir.startsWith(dist) ? { path, external: true } : {},
      ),
  };
  await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['node:*', 'long', ...Object.keys({ ...dependencies, ...peerDependencies })],
    banner: { js: await notice(name, file) },
    plugins: [ownFiles],
  });
}

/** Declarations that the package's exports lead to. */
async function reachable(dist, { exports = {} }) {
  const found = new Set();
  const visit = async (file) => {
    if (found.has(file)) return;
    found.add(file);
    const imports = (await readFile(file, 'utf8')).matchAll(/(?:from|import)\s*\(?["'](\.[^"']+)\.(?:js|ts)["']/g);
    for (const [, name] of imports) await visit(path.resolve(path.dirname(file), `${name}.d.ts`));
  };
  for (const { types } of Object.values(exports)) if (types !== undefined) await visit(path.resolve(dist, '..', types));
  return found;
}

/** Writes dist/.npmignore: what is in dist, and not for those who install the package. */
async function ignore(dist, packageJson) {
  const wanted = await reachable(dist, packageJson);
  const isForNobody = (file) => {
    const source = path.resolve(dist, '..', 'src', path.relative(dist, file)).replace(/(\.d\.ts|\.js)$/, '.ts');
    return !existsSync(source) || (file.endsWith('.d.ts') && !wanted.has(file));
  };
  const built = [...(await filesOf(dist, '.js')), ...(await filesOf(dist, '.d.ts'))];
  const lines = built.filter((file) => !file.includes(`${path.sep}ui${path.sep}`) && isForNobody(file));
  const names = lines.map((file) => `/${path.relative(dist, file)}`);
  await writeFile(path.join(dist, '.npmignore'), ['.tsbuildinfo', '*.map', ...names, ''].join('\n'));
}

const { workspaces } = await readJson('package.json');
for (const folder of workspaces) {
  const dist = path.resolve(folder, 'dist');
  if (!existsSync(dist)) continue;
  const packageJson = await readJson(path.join(folder, 'package.json'));
  const homes = await homesOf(await filesOf(dist, '.js'), packageJson);
  for (const [name, file] of homes) await inline(name, file, dist, packageJson);
  for (const file of await filesOf(dist, '.d.ts')) {
    const text = await readFile(file, 'utf8');
    const plain = text.replaceAll(/\b(\w+Array|Buffer|DataView)<ArrayBuffer(Like)?>/g, '$1');
    if (plain !== text) await writeFile(file, plain);
  }
  await ignore(dist, packageJson);
}
