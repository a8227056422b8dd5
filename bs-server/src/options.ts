import { zooDirectory } from '@edge-csi/models/disk';
import { type Logger, pino } from 'pino';
import type { NatsOptions } from './cluster/nats-options.ts';
import type { ExecutionProvider } from './decode/graph.ts';
import { type Limits, resolveLimits } from './net/limits.ts';
import { type Pages, requirePagesPath } from './net/pages.ts';
import { type ResolvedSecurity, resolveSecurity, type SecurityOptions } from './net/security.ts';
import { monotonicMs } from './ops/monotonic-clock.ts';

/** Everything about a server that can be set. All of it has a default. */
export interface BsServerOptions extends SecurityOptions {
  /** TCP port for HTTP and WebSockets; 0 takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /**
   * Port of the administrative listener: metrics and the life cycle of models. The one after `port` where absent, and a
   * free one where that or this is 0; false for none, and /metrics is on `port` then.
   */
  readonly adminPort?: number | false;
  readonly adminHost?: string;
  /** Where set, whoever uses the administrative listener must name it, as `Authorization: Bearer`. UEs need not know it. */
  readonly adminToken?: string;
  /** Folder of models, one folder each; `@edge-csi/zoo` where absent. Others of its folders can be loaded while the server runs. */
  readonly modelsDirectory?: string;
  /** Folders of the models to serve at start, the active one first; those named by their model's id where absent. */
  readonly models?: readonly string[];
  /**
   * Model that estimates the downlink magnitude from the uplink alone where a report is lost or late. The first of the
   * folder that fits a served model where absent, if there is one; false for none.
   */
  readonly uplinkOnlyModel?: string | false;

  /** What new UEs are told; a running one is told otherwise with `reconfigure`. */
  readonly reportPeriodSlots?: number;
  /** How long a slot is, which with the period says how often a UE may report. 1: 15 kHz numerology, 0.5: 30 kHz. */
  readonly slotMs?: number;
  readonly codewordTruncation?: number;
  /** The model's own theta where absent. */
  readonly phaseTheta?: number;

  /** From a report's arrival until it is worth nothing any more. */
  readonly deadlineMs?: number;
  readonly maxBatchSize?: number;
  /** How long an idle decoder waits for a batch to grow. */
  readonly maxQueueDelayMs?: number;
  /** Reports in front of one model's decoder, beyond which those of the oldest deadline are shed. */
  readonly maxQueueSize?: number;
  /**
   * Whether UEs are told to hold back while the decoders cannot keep up: longer periods first, then fewer bits; last,
   * reports are shed that would be late. For a measurement at a fixed configuration, false.
   */
  readonly overloadControl?: boolean;

  /** How much older than its report an uplink may be. 0: only the uplink of the report's own slot. */
  readonly freshnessWindowSlots?: number;
  /** How long before its report an uplink may have arrived, whatever its slot: slots start again when a run does. */
  readonly maxUplinkAgeMs?: number;
  /** Age up to which a UE's latest estimate is repeated where a report is given up and no uplink can stand in for it. 0: never. */
  readonly maxHoldMs?: number;
  /** How long a report without any usable uplink waits for one. */
  readonly uplinkWaitMs?: number;
  readonly uplinksPerUe?: number;

  /** Tried in order; one that is slower than `cpu` is passed over where `cpu` is in the list. */
  readonly executionProviders?: readonly ExecutionProvider[];
  readonly intraOpNumThreads?: number;
  /** Decode workers on the CPU. */
  readonly decodeWorkers?: number;
  /** Decoding time of one batch beyond which its worker counts as stuck and gets no more. */
  readonly decoderTimeoutMs?: number;
  /** Restarts of a crashed decode worker within a minute. */
  readonly maxWorkerRestarts?: number;

  /** Further HTTP on `port`: a page of whatever embeds the server. None where absent. */
  readonly pages?: Pages;
  /**
   * Has decode workers on other machines decode, over this NATS server: the server is a gateway to them, or, started with
   * `startDecodeWorker`, one of them.
   */
  readonly nats?: NatsOptions;
  /** Name of the cell in the subjects that estimates are published under at the broker. */
  readonly cell?: string;
  /** Whether a gateway decodes itself what no worker does. */
  readonly localDecode?: boolean;

  /** What connections may cost. */
  readonly limits?: Partial<Limits>;
  /** Longest wait of `drain`, and of `close` for the other ends to hang up. */
  readonly drainTimeoutMs?: number;

  /** JSON lines on stderr, at `logLevel`, where absent. */
  readonly logger?: Logger;
  /** Of the default logger; `info` names the execution provider and why others were passed over. */
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Monotonic milliseconds. CLOCK_MONOTONIC where absent, which all processes of a host share. */
  readonly clock?: () => number;
}

type Unset =
  | 'adminPort'
  | 'adminToken'
  | 'modelsDirectory'
  | 'models'
  | 'uplinkOnlyModel'
  | 'phaseTheta'
  | 'logger'
  | 'limits'
  | 'pages'
  | 'nats'
  | keyof SecurityOptions;

/** The options of a running server. */
export interface ResolvedOptions extends Required<Omit<BsServerOptions, Unset>>, ResolvedSecurity {
  readonly adminPort: number | false;
  readonly adminToken: string | undefined;
  readonly modelsDirectory: string;
  readonly models: readonly string[] | undefined;
  readonly uplinkOnlyModel: string | false | undefined;
  readonly phaseTheta: number | undefined;
  readonly limits: Limits;
  readonly pages: Pages | undefined;
  readonly nats: NatsOptions | undefined;
  readonly logger: Logger;
}

/** What options are where they are not given. */
export const DEFAULTS = {
  port: 8080,
  host: '127.0.0.1',
  adminHost: '127.0.0.1',
  reportPeriodSlots: 20,
  slotMs: 1,
  codewordTruncation: 0,
  deadlineMs: 100,
  maxBatchSize: 16,
  maxQueueDelayMs: 0,
  maxQueueSize: 1024,
  overloadControl: true,
  freshnessWindowSlots: 8,
  maxUplinkAgeMs: 1_000,
  maxHoldMs: 1_000,
  uplinkWaitMs: 2,
  uplinksPerUe: 4,
  executionProviders: ['cuda', 'webgpu', 'cpu'],
  intraOpNumThreads: 1,
  decodeWorkers: 1,
  decoderTimeoutMs: 5_000,
  maxWorkerRestarts: 5,
  cell: 'cell',
  localDecode: true,
  drainTimeoutMs: 2_000,
  logLevel: 'warn',
  /** CLOCK_MONOTONIC: all processes of a host share it. */
  clock: monotonicMs,
} as const satisfies Omit<Required<BsServerOptions>, Unset>;

/** Whole numbers with the least and the most that make sense. */
const integers: readonly (readonly [keyof typeof DEFAULTS, number, number])[] = [
  ['port', 0, 65_535],
  ['reportPeriodSlots', 1, 320],
  ['codewordTruncation', 0, 7],
  ['maxBatchSize', 1, 256],
  ['maxQueueSize', 1, 2 ** 20],
  ['freshnessWindowSlots', 0, 2 ** 20],
  ['uplinksPerUe', 1, 64],
  ['intraOpNumThreads', 1, 64],
  ['decodeWorkers', 1, 64],
  ['maxWorkerRestarts', 0, 1_000],
];

/** Spans of time with their least; the most is what a timer can hold. */
const durations: readonly (readonly [keyof typeof DEFAULTS, number])[] = [
  ['deadlineMs', 1],
  ['maxQueueDelayMs', 0],
  ['maxUplinkAgeMs', 0],
  ['maxHoldMs', 0],
  ['uplinkWaitMs', 0],
  ['decoderTimeoutMs', 1],
  ['drainTimeoutMs', 0],
];
const providers: readonly string[] = ['cuda', 'webgpu', 'cpu'] satisfies ExecutionProvider[];

/**
 * Fills in the defaults and checks every value.
 *
 * @throws RangeError naming the option, its value and its bounds; CsiError `model-unknown` where no folder of models is
 * given and @edge-csi/zoo is not installed.
 */
export function resolveOptions(options: BsServerOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const port = options.port ?? DEFAULTS.port;
  const defaults: ResolvedOptions = {
    adminPort: port === 0 ? 0 : port + 1,
    adminToken: undefined,
    modelsDirectory: options.modelsDirectory ?? zooDirectory(),
    models: undefined,
    uplinkOnlyModel: undefined,
    phaseTheta: undefined,
    pages: undefined,
    nats: undefined,
    logger:
      options.logger ?? pino({ name: 'edge-csi-bs', level: given.logLevel ?? DEFAULTS.logLevel }, pino.destination(2)),
    ...DEFAULTS,
    ...resolveSecurity(options),
    limits: resolveLimits(options.limits ?? {}),
  };
  requireKnown(given, defaults);
  const { limits, tls, tokenSecret, allowedOrigins } = defaults;
  const resolved: ResolvedOptions = { ...defaults, ...given, limits, tls, tokenSecret, allowedOrigins };
  for (const [name, min, max] of integers) requireInteger(name, resolved[name] as number, min, max);
  for (const [name, min] of durations) requireWithin(name, resolved[name] as number, min, 2 ** 31 - 1);
  requireAdmin(resolved);
  if (resolved.pages !== undefined) requirePagesPath(resolved.pages);
  if (!/^[\w-]{1,64}$/.test(resolved.cell)) {
    throw new RangeError(`cell is '${resolved.cell}', must be 1 to 64 letters, digits, hyphens and underscores`);
  }
  if (resolved.nats?.servers.length === 0) throw new RangeError('nats.servers is empty, must name at least one');
  requireWithin('slotMs', resolved.slotMs, 0.0625, 1);
  if (resolved.phaseTheta !== undefined) requireInteger('phaseTheta', resolved.phaseTheta, 1, 2 ** 24);
  requireWithin('uplinkWaitMs', resolved.uplinkWaitMs, 0, resolved.deadlineMs);
  requireWithin('maxQueueDelayMs', resolved.maxQueueDelayMs, 0, resolved.deadlineMs);
  for (const provider of resolved.executionProviders) {
    if (!providers.includes(provider)) {
      throw new RangeError(`executionProviders names ${provider}, known are ${providers.join(', ')}`);
    }
  }
  if (resolved.executionProviders.length === 0)
    throw new RangeError('executionProviders is empty, must name at least one');
  if (resolved.models?.length === 0) throw new RangeError('models is empty, must name at least one');
  return resolved;
}

/** Whoever reaches the administrative listener can take models out of service. */
function requireAdmin({ adminPort, adminHost, adminToken }: ResolvedOptions): void {
  if (adminPort === false) return;
  requireInteger('adminPort', adminPort, 0, 65_535);
  if (adminToken !== undefined || /^(127\.[\d.]+|::1|localhost)$/.test(adminHost)) return;
  throw new RangeError(`adminHost is ${adminHost}, which others can reach: set adminToken, or listen on 127.0.0.1`);
}

/** An option that is misspelt, or one of an earlier version, must not leave a server open that was to be closed. */
function requireKnown(given: object, defaults: ResolvedOptions): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(defaults, name)) continue;
    throw new RangeError(`${name} is not an option, known are ${Object.keys(defaults).join(', ')}`);
  }
}

function requireInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${name} is ${value}, must be an integer`);
  requireWithin(name, value, min, max);
}

function requireWithin(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) throw new RangeError(`${name} is ${value}, must be ${min}..${max}`);
}
