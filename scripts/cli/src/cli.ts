import { createRequire } from 'node:module';
import { CommanderError } from '@commander-js/extra-typings';
import { CsiError } from '@edge-csi/csi';
import { UsageError } from '@edge-csi/lab/usage-error';
import { WireError } from '@edge-csi/proto';
import { Interrupted } from './interruption.ts';
import { type AddCommand, addAsked, createProgram } from './options/command.ts';

/** Commands in the order of the help. */
const commands: Readonly<Record<string, AddCommand>> = {
  'link-run': async (program) => (await import('./commands/link-run.ts')).addLinkRun(program),
  bench: async (program, rest) => (await import('./commands/bench.ts')).addBench(program, rest),
  report: async (program) => (await import('./commands/report.ts')).addReport(program),
  figures: async (program) => (await import('./commands/figures.ts')).addFigures(program),
  simulate: async (program) => (await import('./commands/simulate.ts')).addSimulate(program),
  convert: async (program) => (await import('./commands/convert.ts')).addConvert(program),
  serve: async (program) => (await import('./commands/serve.ts')).addServe(program),
  ue: async (program) => (await import('./commands/ue.ts')).addUe(program),
  token: async (program) => (await import('./commands/token.ts')).addToken(program),
  models: async (program, rest) => (await import('./commands/models.ts')).addModels(program, rest),
  prune: async (program) => (await import('./commands/prune.ts')).addPrune(program),
  visualize: async (program) => (await import('./commands/visualize.ts')).addVisualize(program),
  embed: async (program) => (await import('./commands/embed.ts')).addEmbed(program),
};

/** Where help and complaints go. What a command has found goes to the process's own stdout. */
export interface CliOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const processOutput: CliOutput = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/**
 * Runs one command line.
 *
 * @param argv - arguments after the program's name
 * @returns the exit code: 0 on success, 1 on failure, 2 on bad usage, 130 where it was interrupted
 */
export async function main(argv: readonly string[], { out, err }: CliOutput = processOutput): Promise<number> {
  const program = createProgram('edge-csi')
    .description('Deep-learning CSI feedback that runs on a link.')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError('Run with --help for options and examples.')
    .configureHelp({ showGlobalOptions: true });
  try {
    await addAsked(program, commands, argv);
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    err(`edge-csi: ${describe(error)}\n`);
    if (error instanceof UsageError) return 2;
    return error instanceof Interrupted ? 130 : 1;
  }
}

function ownVersion(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  return version;
}

/** What a person needs of an error: its code and message where it was foreseen, its stack where it is a defect. */
function describe(error: unknown): string {
  if (error instanceof CsiError || error instanceof WireError) return `${error.code}: ${error.message}`;
  const isDefect = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return error instanceof Error ? ((isDefect ? error.stack : undefined) ?? error.message) : String(error);
}
