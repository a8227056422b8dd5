import path from 'node:path';

/**
 * The command line of this process as a shell takes it, without folders: those of one machine say nothing to the reader of
 * another.
 */
export function commandLine(): string {
  return ['edge-csi', ...process.argv.slice(2).map((argument) => quoted(path.basename(argument)))].join(' ');
}

function quoted(argument: string): string {
  return /^[\w.,:=@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
