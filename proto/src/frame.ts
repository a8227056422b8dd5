import { WireError } from './errors.ts';
import { edge_csi } from './generated/codec.ts';
import { wireTable } from './generated/wire-table.ts';
import type { Frame, FrameBodies, FrameKind } from './messages.ts';
import { scanFrame } from './scan.ts';
import { problemOf } from './validation.ts';
import type { WireField } from './wire-field.ts';

/** A message as the generated code holds it: enumerations are numbers, absent messages null. */
type WireMessage = Record<string, unknown>;

/** The part of the generated module in use; it comes without types. */
interface FrameCodec {
  encode(message: WireMessage): { readonly pos: number; finishInto(out: Uint8Array): Uint8Array };
  decode(bytes: Uint8Array): WireMessage & { readonly body?: FrameKind };
}

const codec = (edge_csi as unknown as { readonly v1: { readonly Frame: FrameCodec } }).v1.Frame;

const fieldsOf: ReadonlyMap<string, readonly WireField[]> = new Map(
  Object.entries(wireTable).map(([message, fields]) => [message, Object.values(fields)]),
);

/**
 * Writes one frame.
 *
 * @returns bytes of its own, safe to keep and to transfer
 * @throws RangeError where a field is missing or outside what csi_feedback.proto says, naming it
 */
export function encodeFrame<K extends FrameKind>(kind: K, value: FrameBodies[K]): Uint8Array {
  const problem = problemOf(kind, value);
  if (problem !== undefined) throw new RangeError(problem);
  const writer = codec.encode(toWire('Frame', { [kind]: value }));
  return writer.finishInto(new Uint8Array(writer.pos));
}

/**
 * Reads one frame and checks every field: presence, range, exact length.
 *
 * @param bytes one WebSocket message; the byte fields of the result are views on it
 * @throws WireError `bad-frame`, naming the field
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  scanFrame(bytes, wireTable);
  const wire = decodeScanned(bytes);
  // The scan found exactly one body.
  const kind = wire.body as FrameKind;
  const value = fromWire('Frame', wire)[kind] as FrameBodies[FrameKind];
  const problem = problemOf(kind, value);
  if (problem !== undefined) throw new WireError('bad-frame', problem);
  return { kind, value } as Frame;
}

function decodeScanned(bytes: Uint8Array): ReturnType<FrameCodec['decode']> {
  try {
    // A plain Uint8Array, so that byte fields are of the same class whatever the socket hands over.
    return codec.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    // What the scan leaves to find: strings that are not UTF-8.
    throw new WireError('bad-frame', `frame: ${(cause as Error).message}`, { cause });
  }
}

type ConvertEnum = (words: readonly string[], value: unknown) => unknown;
type ConvertMessage = (type: string, value: WireMessage) => WireMessage;

function toWire(type: string, value: WireMessage): WireMessage {
  return convert(type, value, (words, word) => words.indexOf(word as string), toWire);
}

function fromWire(type: string, message: WireMessage): WireMessage {
  return convert(type, message, (words, number) => words[number as number] ?? number, fromWire);
}

/** Copies the fields of the schema, one by one: what else an object carries stays behind. */
function convert(
  type: string,
  from: WireMessage,
  convertEnum: ConvertEnum,
  convertMessage: ConvertMessage,
): WireMessage {
  const to: WireMessage = {};
  for (const { name, kind, words, message, repeated } of fieldsOf.get(type) as readonly WireField[]) {
    const value = from[name];
    if (value === null || value === undefined) continue;
    if (words !== undefined) {
      to[name] = repeated ? (value as unknown[]).map((item) => convertEnum(words, item)) : convertEnum(words, value);
    } else if (message !== undefined) {
      const messages = value as WireMessage & WireMessage[];
      to[name] = repeated ? messages.map((item) => convertMessage(message, item)) : convertMessage(message, messages);
    } else {
      // The generated code's default is one empty Buffer for all.
      to[name] = kind === 'bytes' && (value as Uint8Array).length === 0 ? new Uint8Array(0) : value;
    }
  }
  return to;
}
