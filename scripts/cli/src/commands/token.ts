import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { type AccessRole, signAccessToken } from '@edge-csi/bs-server';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { OptionsOf } from '../options/command.ts';
import { id, integer, secret } from '../options/parse.ts';

const roles = ['ue', 'phy', 'estimates'] as const satisfies readonly AccessRole[];
const hour = 3600;

function declare(program: CommandUnknownOpts) {
  return program
    .command('token')
    .description('Signs a token that lets a UE, a PHY feed or a subscriber of estimates connect, and prints it.')
    .addOption(new Option('--role <role>', 'what it may be used for').choices(roles).default('ue'))
    .option('--ue <id>', 'the UE it is for; with --role ue', id(64))
    .option('--ttl <seconds>', 'until it expires', integer(1, 10 * 365 * 24 * hour), hour)
    .requiredOption('--secret-file <file>', "the server's --token-secret-file", secret)
    .addHelpText(
      'after',
      `
Examples:
  openssl rand -hex 32 > secret
  edge-csi token --ue ue-17 --secret-file secret
  edge-csi token --role phy --ttl 86400 --secret-file secret`,
    );
}

/** `edge-csi token`: signs an access token. */
export const addToken = (program: CommandUnknownOpts) => declare(program).action(run);

async function run({ role, ue, ttl, secretFile }: OptionsOf<typeof declare>): Promise<void> {
  if (role === 'ue' && ue === undefined) throw new UsageError('--role ue needs --ue, the UE that the token is for');
  if (role !== 'ue' && ue !== undefined) throw new UsageError(`--ue goes with --role ue, leave it out for ${role}`);
  const grant = { role, ttlSeconds: ttl, ...(ue === undefined ? {} : { ueId: ue }) };
  process.stdout.write(`${await signAccessToken(secretFile, grant)}\n`);
}
