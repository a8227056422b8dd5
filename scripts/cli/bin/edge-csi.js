#!/usr/bin/env node
import { main } from '../dist/cli.js';

// Whoever reads the output may have enough of it, as head has: what else the command does, it does all the same.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2));
