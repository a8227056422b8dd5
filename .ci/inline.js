// Puts the dev dependencies that a package's code imports into its dist, so that whoever installs the package gets what it
// uses of them and no more. Each has one home, the one file that imports it. Run in the package's folder, after tsc.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const {
  dependencies = {},
  peerDependencies = {},
  devDependencies = {},
} = JSON.parse(await readFile('package.json', 'utf8'));
const dist = path.resolve('dist');

/** What stays an import: files of the package itself, and packages that are installed with it. */
const outside = {
  name: 'outside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) =>
      resolveDir.startsWith(dist) ? { path, external: true } : {},
    ),
};

/** A package's license, as a comment. */
async function notice(name) {
  const places = createRequire(path.join(dist, 'index.js')).resolve.paths(name) ?? [];
  const folder = places.map((place) => path.join(place, name)).find(existsSync);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license to pass on`);
  return `/* ${name}\n\n${(await readFile(path.join(folder, file), 'utf8')).trim()}\n*/`;
}

const homes = new Map();
for (const name of (await readdir(dist, { recursive: true })).filter((entry) => entry.endsWith('.js'))) {
  const file = path.join(dist, name);
  for (const [, , specifier] of (await readFile(file, 'utf8')).matchAll(
    /^(import|export)\b[^;]*? from ["']([^."'][^"']*)["']/gm,
  )) {
    const dependency = specifier.match(/^(@[^/]+\/)?[^/]+/)[0];
    if (devDependencies[dependency] === undefined || peerDependencies[dependency] !== undefined) continue;
    if (homes.has(dependency) && homes.get(dependency) !== file)
      throw new Error(`${dependency} is imported by ${homes.get(dependency)} and ${file}`);
    homes.set(dependency, file);
  }
}
for (const [dependency, file] of homes) {
  await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['node:*', 'long', ...Object.keys({ ...dependencies, ...peerDependencies })],
    banner: { js: await notice(dependency) },
    plugins: [outside],
  });
}
