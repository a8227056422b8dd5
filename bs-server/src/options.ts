import { zooDirectory } from '@edge-csi/models/disk';
import { type Logger, pino } from 'pino';
import * as v from 'valibot';
import type { ExecutionProvider } from './decode/graph.ts';
import { reportTerms } from './ingest/session-config.ts';
import { secretKeySchema } from './net/access-token.ts';
import { limitsSchema } from './net/limits.ts';
import { pagesSchema } from './net/pages.ts';
import { clientTlsSchema, serverTlsSchema } from './net/tls.ts';
import {
  checked,
  flag,
  instanceOf,
  integerIn,
  listOf,
  numberIn,
  oneOf,
  optionsOf,
  someOf,
  spanMs,
  text,
} from './ops/check.ts';

const providers = ['cuda', 'webgpu', 'cpu'] as const satisfies readonly ExecutionProvider[];
const port = integerIn(0, 65_535);

/** How to reach NATS, and as whom. */
const natsSchema = optionsOf({
  /** As nats://host:4222 or tls://host:4222; one of them is taken, another one where it fails. */
  servers: someOf(text),
  /** Content of a credentials file: a JWT and the seed of its key. */
  credentials: v.optional(text),
  user: v.optional(text),
  password: v.optional(text),
  /** PEM. Where it is there, or a server is named as tls://, there is TLS or no connection; the authorities are Node's without `ca`. */
  tls: v.optional(clientTlsSchema),
});

/** CLOCK_MONOTONIC in milliseconds: never runs backwards, and is the same in every process of a host. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const entries = {
  /** TCP port for HTTP and WebSockets; 0 takes a free one. */
  port: v.optional(port, 8080),
  host: v.optional(text, '127.0.0.1'),
  /**
   * Port of the administrative listener: metrics and the life cycle of models. The one after `port` where absent, and a
   * free one where that or this is 0; false for none, and /metrics is on `port` then.
   */
  adminPort: v.optional(v.union([port, v.literal(false)], 'must be a port, or false')),
  adminHost: v.optional(text, '127.0.0.1'),
  /** Where set, whoever uses the administrative listener must name it, as `Authorization: Bearer`. UEs need not know it. */
  adminToken: v.optional(v.string(' must be text')),
  /** Certificate and key of the server, as PEM; plain TCP where absent. */
  tls: v.optional(serverTlsSchema),
  /**
   * At least 32 random bytes. Where set, every WebSocket must come with a token that was signed with it (`signAccessToken`,
   * `edge-csi token`); HTTP stays open.
   */
  tokenSecret: v.optional(secretKeySchema),
  /** Origins whose pages may connect, e.g. `https://ue.example`. Any where absent. Only browsers name an origin. */
  allowedOrigins: v.optional(
    v.pipe(
      listOf(
        v.pipe(
          text,
          v.check(
            (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
            'must be an origin like https://host or http://host:port',
          ),
        ),
      ),
      v.transform((origins): ReadonlySet<string> => new Set(origins)),
    ),
  ),

  /** Folder of models, one folder each; `@edge-csi/zoo` where absent. Others of its folders can be loaded while the server runs. */
  modelsDirectory: v.optional(text),
  /** Folders of the models to serve at start, the active one first; those named by their model's id where absent. */
  models: v.optional(someOf(text)),
  /**
   * Model that estimates the downlink magnitude from the uplink alone where a report is lost or late. The first of the
   * folder that fits a served model where absent, if there is one; false for none.
   */
  uplinkOnlyModel: v.optional(v.union([text, v.literal(false)], 'must be the id of a model, or false')),

  /** What new UEs are told; a running one is told otherwise with `reconfigure`. */
  reportPeriodSlots: v.optional(reportTerms.reportPeriodSlots, 20),
  /** How long a slot is, which with the period says how often a UE may report. 1: 15 kHz numerology, 0.5: 30 kHz. */
  slotMs: v.optional(numberIn(0.0625, 1), 1),
  codewordTruncation: v.optional(reportTerms.codewordTruncation, 0),
  /** The model's own theta where absent. */
  phaseTheta: v.optional(reportTerms.phaseTheta),
  /** Most bits of a path report. The model's own where absent. */
  maxPayloadBits: v.optional(reportTerms.maxPayloadBits),
  /** Squared error a bit of a path report must save, tenths of a dB below the matrix's energy; 0: none. The model's own where absent. */
  bitPriceTenthDb: v.optional(reportTerms.bitPriceTenthDb),

  /** From a report's arrival until it is worth nothing any more. */
  deadlineMs: v.optional(spanMs(1), 100),
  maxBatchSize: v.optional(integerIn(1, 256), 16),
  /** How long an idle decoder waits for a batch to grow. */
  maxQueueDelayMs: v.optional(spanMs(0), 0),
  /** Reports in front of one model's decoder, beyond which those of the oldest deadline are shed. */
  maxQueueSize: v.optional(integerIn(1, 2 ** 20), 1024),
  /**
   * Whether UEs are told to hold back while the decoders cannot keep up: longer periods first, then fewer bits; last,
   * reports are shed that would be late. For a measurement at a fixed configuration, false.
   */
  overloadControl: v.optional(flag, true),

  /** How much older than its report an uplink may be. 0: only the uplink of the report's own slot. */
  freshnessWindowSlots: v.optional(integerIn(0, 2 ** 20), 8),
  /** How long before its report an uplink may have arrived, whatever its slot: slots start again when a run does. */
  maxUplinkAgeMs: v.optional(spanMs(0), 1_000),
  /** Age up to which a UE's latest estimate is repeated, or predicted on, where a report is given up and no uplink can stand in for it. 0: never. */
  maxHoldMs: v.optional(spanMs(0), 1_000),
  /**
   * Slots from one prediction of a UE's channel to the next, between its reports: of models whose reports tell Doppler shifts.
   * 0: estimates come with reports alone.
   */
  estimateEverySlots: v.optional(integerIn(0, 320), 0),
  /** How long a report without any usable uplink waits for one. */
  uplinkWaitMs: v.optional(spanMs(0), 2),
  uplinksPerUe: v.optional(integerIn(1, 64), 4),
  /**
   * Least time from one uplink that is searched for paths, which its UE is told as a hint, to the next, over all UEs. A search takes some
   * ms on a thread of its own. 0: no hints.
   */
  hintIntervalMs: v.optional(spanMs(0), 100),

  /** Tried in order; one that is slower than `cpu` is passed over where `cpu` is in the list. */
  executionProviders: v.optional(someOf(oneOf(providers)), providers),
  intraOpNumThreads: v.optional(integerIn(1, 64), 1),
  /** Decode workers on the CPU. */
  decodeWorkers: v.optional(integerIn(1, 64), 1),
  /** Decoding time of one batch beyond which its worker counts as stuck and gets no more. */
  decoderTimeoutMs: v.optional(spanMs(1), 5_000),
  /** Restarts of a crashed decode worker within a minute. */
  maxWorkerRestarts: v.optional(integerIn(0, 1_000), 5),

  /** Further HTTP on `port`: a page of whatever embeds the server. None where absent. */
  pages: v.optional(pagesSchema),
  /**
   * Has decode workers on other machines decode, over this NATS server: the server is a gateway to them, or, started with
   * `startDecodeWorker`, one of them.
   */
  nats: v.optional(natsSchema),
  /** Name of the cell in the subjects that estimates are published under at the broker. */
  cell: v.optional(
    v.pipe(text, v.regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, hyphens and underscores')),
    'cell',
  ),
  /** Whether a gateway decodes itself what no worker does. */
  localDecode: v.optional(flag, true),

  /** What connections may cost. */
  limits: v.optional(limitsSchema, {}),
  /** Longest wait of `drain`, and of `close` for the other ends to hang up. */
  drainTimeoutMs: v.optional(spanMs(0), 2_000),

  /** JSON lines on stderr, at `logLevel`, where absent. */
  logger: v.optional(instanceOf<Logger>('object')),
  /** Of the default logger; `info` names the execution provider and why others were passed over. */
  logLevel: v.optional(oneOf(['silent', 'error', 'warn', 'info', 'debug']), 'warn'),
  /** Monotonic milliseconds. CLOCK_MONOTONIC where absent, which all processes of a host share. */
  clock: v.optional(instanceOf<() => number>('function'), () => monotonicMs),
};

const schema = v.pipe(
  optionsOf(entries),
  v.transform((options) => ({
    ...options,
    modelsDirectory: options.modelsDirectory ?? zooDirectory(),
    adminPort: options.adminPort ?? (options.port === 0 ? 0 : options.port + 1),
    logger: options.logger ?? pino({ name: 'edge-csi-bs', level: options.logLevel }, pino.destination(2)),
  })),
  v.check(
    ({ adminPort }) => adminPort === false || adminPort <= 65_535,
    ({ input: { adminPort } }) => `.adminPort is ${adminPort}, must be an integer in 0..65535`,
  ),
  // Whoever reaches the administrative listener can take models out of service.
  v.check(
    ({ adminPort, adminToken, adminHost }) =>
      adminPort === false || adminToken !== undefined || /^(127\.[\d.]+|::1|localhost)$/.test(adminHost),
    ({ input: { adminHost } }) =>
      `.adminHost is ${adminHost}, which others can reach: set adminToken, or listen on 127.0.0.1`,
  ),
  v.check(
    ({ uplinkWaitMs, deadlineMs }) => uplinkWaitMs <= deadlineMs,
    ({ input: { uplinkWaitMs, deadlineMs } }) => `.uplinkWaitMs is ${uplinkWaitMs}, must be 0..${deadlineMs}`,
  ),
  v.check(
    ({ maxQueueDelayMs, deadlineMs }) => maxQueueDelayMs <= deadlineMs,
    ({ input: { maxQueueDelayMs, deadlineMs } }) => `.maxQueueDelayMs is ${maxQueueDelayMs}, must be 0..${deadlineMs}`,
  ),
);

/** Everything about a server that can be set. All of it has a default. */
export type BsServerOptions = Readonly<v.InferInput<typeof schema>>;

/** The options of a running server. */
export type ResolvedOptions = Readonly<v.InferOutput<typeof schema>>;

/** How a gateway or a decode worker reaches its broker. */
export type NatsOptions = Readonly<v.InferInput<typeof natsSchema>>;

/** What options are where they are not given. */
export const bsServerDefaults = v.getDefaults(optionsOf(entries));

/**
 * Fills in the defaults and checks every value.
 *
 * @throws RangeError naming the option, its value and its bounds; CsiError `model-unknown` where no folder of models is
 * given and @edge-csi/zoo is not installed.
 */
export function resolveOptions(options: BsServerOptions): ResolvedOptions {
  return checked(schema, options);
}
