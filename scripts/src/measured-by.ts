import path from 'node:path';
import { describeEnvironment } from './environment.ts';

/** The command line of this process, without folders: those of one machine say nothing to the reader of another. */
export function commandLine(): string {
  return ['edge-csi', ...process.argv.slice(2).map((argument) => path.basename(argument))].join(' ');
}

/**
 * Where the figures of a page come from, as one sentence: command, machine, and how busy it was.
 *
 * @param loadBefore - load average of the last minute before the measurement began
 */
export function measuredBy(provider: string, loadBefore: number): string {
  const { cpu, cores, node, gpu, versions } = describeEnvironment(provider);
  return (
    `Measured by \`${commandLine()}\` on ${cpu}, ${cores} cores, Node ${node}, ` +
    `onnxruntime-node ${versions['onnxruntime-node']}, decoder on ${provider}${gpu === undefined ? '' : ` (${gpu})`}, ` +
    `load average ${loadBefore.toFixed(1)} before it began.`
  );
}
