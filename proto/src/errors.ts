import { EdgeCsiError } from '@edge-csi/csi';
import type { Reject } from './generated/messages.ts';
import { maxMessageLength } from './protocol.ts';

/** What a code does to the connection, and whether trying again can help. */
interface WireErrorRule {
  /** WebSocket close code (RFC 6455, 7.4); undefined where the connection stays open. */
  readonly closeCode: number | undefined;
  readonly retryable: boolean;
}

/** The one table of errors both ends act on. The first code of a close code is what a bare close is read as. */
const rules = {
  'bad-frame': { closeCode: 4400, retryable: false },
  'protocol-version': { closeCode: 4400, retryable: false },
  unauthorized: { closeCode: 4401, retryable: false },
  'model-unknown': { closeCode: 4404, retryable: false },
  'model-mismatch': { closeCode: 4404, retryable: false },
  timeout: { closeCode: 4408, retryable: true },
  /** The UE id has a live connection already; two UEs of one id must not take turns. */
  'duplicate-ue': { closeCode: 4409, retryable: false },
  overload: { closeCode: 4429, retryable: true },
  'shutting-down': { closeCode: 1001, retryable: true },
  internal: { closeCode: 1011, retryable: true },
  'report-invalid': { closeCode: undefined, retryable: false },
  'uplink-invalid': { closeCode: undefined, retryable: false },
  /** Never sent: the connection ended without a word. */
  'connection-lost': { closeCode: undefined, retryable: true },
  /** Never sent: a newer report took the place of one that was still waiting to be sent. */
  superseded: { closeCode: undefined, retryable: false },
  /** Never sent: this end closed while something was pending. */
  closed: { closeCode: undefined, retryable: false },
  /** Never sent: a Reject whose code this version does not know. */
  refused: { closeCode: undefined, retryable: false },
} as const satisfies Record<string, WireErrorRule>;

/** What can go wrong on the wire, in a word. Each has a close code or none, and is worth another try or not. */
export type WireErrorCode = keyof typeof rules;

/** What a WireError says beside its code and message. */
export interface WireErrorOptions extends ErrorOptions {
  /** The report the error is about; absent where it is about the connection. */
  readonly seq?: number;
  /** Overrides the table, as a Reject from the other end may. */
  readonly retryable?: boolean;
}

/** Anything that goes wrong on the wire: bytes that are no frame, a refusal, a lost connection. */
export class WireError extends EdgeCsiError<WireErrorCode> {
  override readonly name = 'WireError';
  readonly closeCode: number | undefined;
  readonly retryable: boolean;
  readonly seq: number | undefined;

  constructor(code: WireErrorCode, message: string, options: WireErrorOptions = {}) {
    super(code, message, options);
    this.closeCode = rules[code].closeCode;
    this.retryable = options.retryable ?? rules[code].retryable;
    this.seq = options.seq;
  }
}

/**
 * What a Reject says, and whether it ends the connection. A WireError is one; where refusals come in floods, a plain
 * object spares the stack trace.
 */
export type Refusal = Pick<WireError, 'code' | 'message' | 'closeCode' | 'retryable' | 'seq'>;

/** The Reject frame that tells the other end of an error. */
export function rejectOf(error: Refusal): Reject {
  // Cut and mended so that an error never fails to be sent because of what it quotes.
  const message = error.message.slice(0, maxMessageLength).replace(/\p{Surrogate}/gu, '\uFFFD');
  return { code: error.code, message, retryable: error.retryable, seq: error.seq ?? 0 };
}

/** The error a received Reject stands for; `refused` where its code is unknown here. */
export function wireErrorOf(reject: Reject): WireError {
  const seq = reject.seq === 0 ? {} : { seq: reject.seq };
  const options = { retryable: reject.retryable, ...seq };
  if (isCode(reject.code)) return new WireError(reject.code, reject.message, options);
  return new WireError('refused', `${reject.code}: ${reject.message}`, options);
}

/** RFC 6455, 7.4.1: what a WebSocket library closes with by itself on a frame over its limit. Sent again, it is as big. */
const messageTooBig = 1009;

/** The error a closed connection stands for when no Reject came before it. */
export function wireErrorOfClose(closeCode: number, reason: string): WireError {
  const known = (Object.keys(rules) as WireErrorCode[]).find((code) => rules[code].closeCode === closeCode);
  const message = `connection closed: ${closeCode}${reason === '' ? '' : ` ${reason}`}`;
  return new WireError(closeCode === messageTooBig ? 'bad-frame' : (known ?? 'connection-lost'), message);
}

/** HTTP statuses that a BS refuses an upgrade with for good. */
const codesOfStatus: ReadonlyMap<number, WireErrorCode> = new Map([
  [400, 'protocol-version'],
  [401, 'unauthorized'],
  [403, 'unauthorized'],
]);

/**
 * The error an upgrade stands for that was answered with an HTTP status.
 *
 * @param url - that was asked
 * @param challenge - the WWW-Authenticate header, which says what is wrong with a token
 */
export function wireErrorOfStatus(url: string, status: number, challenge = ''): WireError {
  const why = /error_description="([^"]*)"/.exec(challenge)?.[1];
  const message = `${url}: upgrade refused: HTTP ${status}${why === undefined ? '' : `, ${why}`}`;
  return new WireError(codesOfStatus.get(status) ?? 'connection-lost', message);
}

/** Why something failed, for people: the messages of an error and of those beneath it. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { errors, code } = cause as Error & { readonly errors?: unknown; readonly code?: unknown };
  // A host of several addresses fails at each, and says nothing of its own.
  if (Array.isArray(errors) && errors.length > 0) return [...new Set(errors.map(reasonOf))].join(', ');
  const own = cause.message === '' ? String(code ?? cause.name) : cause.message;
  return cause.cause === undefined ? own : `${own}: ${reasonOf(cause.cause)}`;
}

function isCode(code: string): code is WireErrorCode {
  return Object.hasOwn(rules, code);
}
