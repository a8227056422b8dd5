import { main } from '../../../scripts/cli/src/cli.ts';

/** What a command line said, and its exit code. What a command found goes to this process's own stdout. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function edgeCsi(...args: string[]): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const out = (text: string) => {
    said.stdout += text;
  };
  const err = (text: string) => {
    said.stderr += text;
  };
  return { code: await main(args, { out, err }), ...said };
}
