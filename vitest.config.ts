import { readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

type Target = string | { readonly default: string };
interface PackageJson {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, Target>>;
  readonly imports?: Readonly<Record<string, Target>>;
}

const read = (folder: string) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageJson;

/** What a workspace exports, and imports as `#name`, at the source of what package.json names: dist/x.js is src/x.ts. */
function sources(folder: string) {
  const { name, exports = {}, imports = {} } = read(folder);
  return Object.entries({ ...exports, ...imports }).flatMap(([entry, target]) => {
    const built = typeof target === 'string' ? target : target.default;
    if (!built.startsWith('./dist/')) return [];
    const specifier = entry.startsWith('#') ? entry : name + entry.slice(1);
    const source = built.replace('./dist/', 'src/').replace(/\.js$/, '.ts').replace('*', '$1');
    return { find: new RegExp(`^${specifier.replace('*', '(.+)')}$`), replacement: path.resolve(folder, source) };
  });
}

/** Tests with time limits that a neighbour on the same cores would break. */
const alone = ['test/e2e/{timing,cluster}/**/*.test.ts'];

// Unit tests resolve workspace packages to their source; e2e and conformance tests run on the build, as a user does.
// Projects run one after the other, so that what looks at the clock has the machine for itself.
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias: read('.').workspaces?.flatMap(sources) ?? [] },
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts'],
          // Time limits end what hangs; a busy machine is no failure.
          testTimeout: 30_000,
          // Files share the modules of a worker: reading them again for each takes longer than the tests.
          pool: 'threads',
          isolate: false,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          exclude: alone,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          // A machine may stall for longer than a deadline allows; what fails twice in a row is no stall. Vitest names what it repeated.
          retry: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
