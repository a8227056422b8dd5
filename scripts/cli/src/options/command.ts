import {
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
  Option,
  type OptionValues,
} from '@commander-js/extra-typings';
import { UsageError } from '@edge-csi/lab/usage-error';

/** What the handler of a command gets: the type of the options that `declare` declares. */
export type OptionsOf<Declare extends (...args: never[]) => { opts(): unknown }> = ReturnType<
  ReturnType<Declare>['opts']
>;

/** Options that commands share: a function that declares them on a command, whatever that one has already. */
export function optionGroup<Group extends OptionValues>(declare: (command: Command) => { opts(): Group }) {
  return <Args extends unknown[], Opts extends OptionValues, Global extends OptionValues>(
    command: Command<Args, Opts, Global>,
  ) => {
    // Inferring from the options so far, one at a time, would take the compiler for ever.
    declare(command as unknown as Command);
    return command as unknown as Command<Args, Opts & Group, Global>;
  };
}

/** Adds one command to its parent, with what it needs of the arguments behind its name. */
export type AddCommand = (parent: CommandUnknownOpts, rest: readonly string[]) => Promise<unknown>;

/** The program, whose commands and options refuse a value by the option's name. */
export function createProgram(name: string): Command {
  return new NamingCommand(name);
}

/**
 * Adds the command that is asked for, or, where none is, all of them: loading one takes its time, and loading all takes
 * seconds.
 *
 * @param argv - arguments behind the parent's name
 */
export async function addAsked(
  parent: CommandUnknownOpts,
  commands: Readonly<Record<string, AddCommand>>,
  [asked = '', ...rest]: readonly string[],
): Promise<void> {
  const chosen = Object.hasOwn(commands, asked) ? [commands[asked] as AddCommand] : new Set(Object.values(commands));
  for (const add of chosen) await add(parent, rest);
}

/** The flag of the first of some options that the command line gives; undefined where it gives none of them. */
export function givenFlag(command: CommandUnknownOpts, names: readonly string[]): string | undefined {
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return names.includes(name) && command.getOptionValueSource(name) === 'cli';
  });
  return given?.long;
}

class NamingCommand extends Command {
  override createCommand(name?: string): Command {
    return new NamingCommand(name);
  }

  override createOption<Usage extends string>(flags: Usage, description?: string): Option<Usage> {
    return new NamingOption(flags, description);
  }
}

class NamingOption<Usage extends string> extends Option<Usage> {
  override argParser<T>(parse: (text: string, previous: T) => T) {
    return super.argParser<T>((text, previous) => {
      try {
        return parse(text, previous);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        throw new UsageError(`${this.long} is '${text}', ${error.message}`, { cause: error });
      }
    });
  }
}
