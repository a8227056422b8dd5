import { type AccessRole, signAccessToken } from '@edge-csi/bs-server';
import { UsageError } from '@edge-csi/lab/usage-error';
import { Command, Option } from 'commander';
import { secretOption } from '../secret-file.ts';
import { integer } from '../usage.ts';

interface Options {
  readonly role: AccessRole;
  readonly ue?: string;
  readonly ttl: number;
  readonly secretFile: string;
}

const roles: readonly AccessRole[] = ['ue', 'phy', 'estimates'];
const hour = 3600;

/** `edge-csi token`: signs an access token. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('Signs a token that lets a UE, a PHY feed or a subscriber of estimates connect, and prints it.')
    .addOption(new Option('--role <role>', 'what it may be used for').choices(roles).default('ue'))
    .option('--ue <id>', 'the UE it is for; with --role ue')
    .option('--ttl <seconds>', 'until it expires', integer('--ttl', 1, 10 * 365 * 24 * hour), hour)
    .requiredOption('--secret-file <file>', "the server's --token-secret-file")
    .addHelpText(
      'after',
      `
Examples:
  openssl rand -hex 32 > secret
  edge-csi token --ue ue-17 --secret-file secret
  edge-csi token --role phy --ttl 86400 --secret-file secret`,
    )
    .action(run);
}

async function run({ role, ue, ttl, secretFile }: Options): Promise<void> {
  if (role === 'ue' && !/^[\w.:-]{1,64}$/.test(ue ?? '')) {
    throw new UsageError(`--ue is '${ue ?? ''}', give 1 to 64 characters of A-Z a-z 0-9 . _ : -`);
  }
  if (role !== 'ue' && ue !== undefined) throw new UsageError(`--ue goes with --role ue, leave it out for ${role}`);
  const secret = await secretOption('--secret-file', secretFile);
  const grant = { role, ttlSeconds: ttl, ...(ue === undefined ? {} : { ueId: ue }) };
  process.stdout.write(`${await signAccessToken(secret, grant)}\n`);
}
