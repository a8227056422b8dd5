import { defineConfig } from 'vitest/config';

// Unit tests resolve workspace packages to their source; e2e and conformance tests run on the build, as a user does.
const source = ['@edge-csi/source'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions: source },
        ssr: { resolve: { conditions: source } },
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts'],
          // Time limits end what hangs; a busy machine is no failure.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
