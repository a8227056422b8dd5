import path from 'node:path';
import { describeEnvironment } from './environment.ts';

/** The command line of this process, without folders: those of one machine say nothing to the reader of another. */
export function commandLine(): string {
  return ['edge-csi', ...process.argv.slice(2).map((argument) => path.basename(argument))].join(' ');
}

/** Where the figures of a page come from: command and machine, as one sentence. */
export function measuredBy(provider: string): string {
  const { cpu, cores, node, versions } = describeEnvironment(provider);
  return (
    `Measured by \`${commandLine()}\` on ${cpu}, ${cores} cores, Node ${node}, ` +
    `onnxruntime-node ${versions['onnxruntime-node']}, decoder on ${provider}.`
  );
}
