import { createRequire } from 'node:module';
import { CsiError } from '@edge-csi/csi';
import { UsageError } from '@edge-csi/lab/usage-error';
import { WireError } from '@edge-csi/proto';
import { Command, CommanderError } from 'commander';
import { Interrupted } from './interruption.ts';

/** Commands in the order of the help. Each is loaded when it is asked for, since all of them together take their time. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'link-run': async () => (await import('./commands/link-run.ts')).linkRunCommand(),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  figures: async () => (await import('./commands/figures.ts')).figuresCommand(),
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand(),
  convert: async () => (await import('./commands/convert.ts')).convertCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  ue: async () => (await import('./commands/ue.ts')).ueCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
  models: async () => (await import('./commands/models.ts')).modelsCommand(),
  prune: async () => (await import('./commands/prune.ts')).pruneCommand(),
  visualize: async () => (await import('./commands/visualize.ts')).visualizeCommand(),
  embed: async () => (await import('./commands/embed.ts')).embedCommand(),
};

/**
 * Runs one command line.
 *
 * @param argv - arguments after the program's name
 * @returns the exit code: 0 on success, 1 on failure, 2 on bad usage, 130 where it was interrupted
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('edge-csi')
    .description('Deep-learning CSI feedback that runs on a link.')
    .version(ownVersion())
    .exitOverride()
    .showHelpAfterError('Run with --help for options and examples.')
    .configureHelp({ showGlobalOptions: true });
  const asked = Object.entries(commands).filter(([name]) => name === argv[0]);
  for (const [, load] of asked.length > 0 ? asked : Object.entries(commands)) {
    program.addCommand((await load()).exitOverride());
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) {
      process.stderr.write(`edge-csi: ${error.message}\n`);
      return 2;
    }
    process.stderr.write(`edge-csi: ${describe(error)}\n`);
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
