#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Whoever reads the output may have enough of it, as head has: what else the command does, it does all the same.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

const built = new URL('../dist/cli.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import(built.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  // What npm ci --ignore-scripts leaves of a repository.
  process.stderr.write('edge-csi: not built yet; run: npm run build\n');
  process.exitCode = 1;
}
