import { Option } from '@commander-js/extra-typings';
import { bsServerDefaults, type NatsOptions } from '@edge-csi/bs-server';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type OptionsOf, optionGroup } from './command.ts';
import { line, list, text } from './parse.ts';

/** How a server is part of a site: its role, the broker, the cell. */
export const withSite = optionGroup((command) =>
  command
    .addOption(
      new Option('--role <name>', 'the whole server; or a gateway or a decode worker of a site, see docs/scale-out.md')
        .choices(['all', 'gateway', 'worker'])
        .default('all'),
    )
    .option('--nats <urls>', 'gateway, worker: NATS servers, as nats://host:4222', list)
    .option('--nats-creds <file>', 'credentials file for NATS', text)
    .option('--nats-user <name>', 'user at NATS')
    .option('--nats-password-file <file>', 'password of --nats-user', line)
    .option('--nats-ca <file>', 'PEM: authority of the certificate of NATS', text)
    .option('--nats-cert <file>', 'PEM: certificate to show NATS', text)
    .option('--nats-key <file>', 'PEM: key of --nats-cert', text)
    .option('--cell <name>', `gateway: cell in the subjects of estimates; default ${bsServerDefaults.cell}`)
    .option('--no-local-decode', 'gateway: decode nothing itself where no worker does'),
);

/** Options of every role but `all`. */
export const siteOptions = [
  ...['nats', 'natsCreds', 'natsUser', 'natsPasswordFile', 'natsCa', 'natsCert', 'natsKey'],
  ...['cell', 'localDecode'],
];

/** What `withSite` declares. */
export type SiteOptions = OptionsOf<typeof withSite<[], Record<never, never>, Record<never, never>>>;

/**
 * How to reach NATS, as the command line says; undefined for a server that is the whole site.
 *
 * @param given - the first flag of a site that is given
 * @throws UsageError where options do not go together.
 */
export function natsOf(options: SiteOptions, given: string | undefined): NatsOptions | undefined {
  const { role, nats, natsCreds, natsUser, natsPasswordFile, natsCa, natsCert, natsKey, cell, localDecode } = options;
  if (role === 'all') {
    if (given !== undefined) throw new UsageError(`${given} goes with --role gateway or --role worker`);
    return undefined;
  }
  if (nats === undefined) throw new UsageError(`--role ${role} needs --nats, as --nats nats://127.0.0.1:4222`);
  if (role === 'worker' && cell !== undefined) throw new UsageError('--cell goes with --role gateway');
  if (role === 'worker' && !localDecode) throw new UsageError('--no-local-decode goes with --role gateway');
  if ((natsUser === undefined) !== (natsPasswordFile === undefined)) {
    throw new UsageError('--nats-user and --nats-password-file go together, give both');
  }
  if (natsUser !== undefined && natsCreds !== undefined) {
    throw new UsageError('give --nats-user or --nats-creds, not both');
  }
  if ((natsCert === undefined) !== (natsKey === undefined)) {
    throw new UsageError('--nats-cert and --nats-key go together, give both');
  }
  const tls = {
    ...(natsCa !== undefined && { ca: natsCa }),
    ...(natsCert !== undefined && { cert: natsCert }),
    ...(natsKey !== undefined && { key: natsKey }),
  };
  return {
    servers: nats,
    credentials: natsCreds,
    user: natsUser,
    password: natsPasswordFile,
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}
