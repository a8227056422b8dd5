import { CsiError } from '@edge-csi/csi';
import { WireError } from '@edge-csi/proto';
import { Command, CommanderError } from 'commander';
import { benchCommand } from './commands/bench.ts';
import { convertCommand } from './commands/convert.ts';
import { embedCommand } from './commands/embed.ts';
import { figuresCommand } from './commands/figures.ts';
import { linkRunCommand } from './commands/link-run.ts';
import { modelsCommand } from './commands/models.ts';
import { pruneCommand } from './commands/prune.ts';
import { reportCommand } from './commands/report.ts';
import { serveCommand } from './commands/serve.ts';
import { simulateCommand } from './commands/simulate.ts';
import { tokenCommand } from './commands/token.ts';
import { ueCommand } from './commands/ue.ts';
import { visualizeCommand } from './commands/visualize.ts';
import { Interrupted } from './interruption.ts';
import { UsageError } from './usage.ts';

/**
 * Runs one command line.
 *
 * @param argv - arguments after the program's name
 * @returns the exit code: 0 on success, 1 on failure, 2 on bad usage, 130 where it was interrupted
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('edge-csi')
    .description('Deep-learning CSI feedback that runs on a link.')
    .exitOverride()
    .showHelpAfterError('Run with --help for options and examples.')
    .configureHelp({ showGlobalOptions: true });
  const commands = [
    linkRunCommand(),
    benchCommand(),
    reportCommand(),
    figuresCommand(),
    simulateCommand(),
    convertCommand(),
    serveCommand(),
    ueCommand(),
    tokenCommand(),
    modelsCommand(),
    pruneCommand(),
    visualizeCommand(),
    embedCommand(),
  ];
  for (const command of commands) program.addCommand(command.exitOverride());
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

/** What a person needs of an error: its code and message where it was foreseen, its stack where it is a defect. */
function describe(error: unknown): string {
  if (error instanceof CsiError || error instanceof WireError) return `${error.code}: ${error.message}`;
  const isDefect = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return error instanceof Error ? ((isDefect ? error.stack : undefined) ?? error.message) : String(error);
}
