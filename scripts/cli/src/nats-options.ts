import type { NatsOptions } from '@edge-csi/bs-server';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type Command, Option } from 'commander';
import { fileOption } from './secret-file.ts';
import { list } from './usage.ts';

const roles = ['all', 'gateway', 'worker'] as const;
type Role = (typeof roles)[number];

/** What a command line says about the site that a server is part of. */
export interface SiteOptions {
  readonly role: Role;
  readonly nats?: string[];
  readonly natsCreds?: string;
  readonly natsUser?: string;
  readonly natsPasswordFile?: string;
  readonly natsCa?: string;
  readonly natsCert?: string;
  readonly natsKey?: string;
  readonly cell?: string;
  /** False after --no-local-decode. */
  readonly localDecode: boolean;
}

/** Adds the options of a server that is one of many. */
export function addSiteOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--role <name>', 'the whole server; or a gateway or a decode worker of a site, see docs/scale-out.md')
        .choices(roles)
        .default('all'),
    )
    .option('--nats <urls>', 'gateway, worker: NATS servers, as nats://host:4222', list('--nats'))
    .option('--nats-creds <file>', 'credentials file for NATS')
    .option('--nats-user <name>', 'user at NATS')
    .option('--nats-password-file <file>', 'password of --nats-user')
    .option('--nats-ca <file>', 'PEM: authority of the certificate of NATS')
    .option('--nats-cert <file>', 'PEM: certificate to show NATS')
    .option('--nats-key <file>', 'PEM: key of --nats-cert')
    .option('--cell <name>', 'gateway: cell in the subjects of estimates; default cell')
    .option('--no-local-decode', 'gateway: decode nothing itself where no worker does');
}

/** Options of every role but `all`, in one place for the error. */
const flags = [
  ['nats', '--nats'],
  ['natsCreds', '--nats-creds'],
  ['natsUser', '--nats-user'],
  ['natsPasswordFile', '--nats-password-file'],
  ['natsCa', '--nats-ca'],
  ['natsCert', '--nats-cert'],
  ['natsKey', '--nats-key'],
  ['cell', '--cell'],
] as const satisfies readonly (readonly [keyof SiteOptions, string])[];

/**
 * How to reach NATS, as the command line says; undefined for a server that is the whole site.
 *
 * @throws UsageError where options do not go together or a file cannot be read.
 */
export async function natsOf(options: SiteOptions): Promise<NatsOptions | undefined> {
  const { role, nats, natsCreds, natsUser, natsPasswordFile, natsCa, natsCert, natsKey, cell, localDecode } = options;
  if (role === 'all') {
    const given =
      flags.find(([name]) => options[name] !== undefined)?.[1] ?? (localDecode ? undefined : '--no-local-decode');
    if (given !== undefined) throw new UsageError(`${given} goes with --role gateway or --role worker`);
    return undefined;
  }
  if (nats === undefined) throw new UsageError(`--role ${role} needs --nats, as --nats nats://127.0.0.1:4222`);
  if (role === 'worker' && cell !== undefined) throw new UsageError('--cell goes with --role gateway');
  if (role === 'worker' && !localDecode) throw new UsageError('--no-local-decode goes with --role gateway');
  if ((natsUser === undefined) !== (natsPasswordFile === undefined)) {
    throw new UsageError('--nats-user and --nats-password-file go together, give both');
  }
  if (natsUser !== undefined && natsCreds !== undefined)
    throw new UsageError('give --nats-user or --nats-creds, not both');
  if ((natsCert === undefined) !== (natsKey === undefined)) {
    throw new UsageError('--nats-cert and --nats-key go together, give both');
  }
  const password = await textOf('--nats-password-file', natsPasswordFile);
  const tls = {
    ...named('ca', await textOf('--nats-ca', natsCa)),
    ...named('cert', await textOf('--nats-cert', natsCert)),
    ...named('key', await textOf('--nats-key', natsKey)),
  };
  return {
    servers: nats,
    ...named('credentials', await textOf('--nats-creds', natsCreds)),
    ...named('user', natsUser),
    ...named('password', password?.replace(/\r?\n$/, '')),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  };
}

async function textOf(option: string, file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await fileOption(option, file)).toString('utf8');
}

function named<K extends string>(name: K, value: string | undefined): { readonly [N in K]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in K]?: string };
}
