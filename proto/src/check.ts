// What the rules of the schema ask of a value. Every check throws a RangeError that names the field by the path of its
// message and its own name: 'welcome.config.revision: 0 is outside 1..4294967295'. The generated code calls them.
import { csiMatrixByteLength } from './csi-matrix.ts';
import type { ChannelEstimate, CsiMatrix, CsiPaths, CsiReport, ReportAck } from './generated/messages.ts';

/** A form of strings, and what an error calls it. */
export type Form = readonly [pattern: RegExp, what: string];

/** @throws RangeError where a message is missing: the one at `path`, or its field `name` */
export function given(value: unknown, path: string, name?: string): void {
  if (typeof value !== 'object' || value === null) throw wrong('missing', path, name);
}

export function integer(
  value: number | undefined,
  min: number,
  max: number,
  path: string,
  name: string,
  index?: number,
): void {
  if (value === undefined) throw wrong('missing', path, name, index);
  if (!Number.isInteger(value) || value < min || value > max)
    throw wrong(`${value} is outside ${min}..${max}`, path, name, index);
}

/** @throws RangeError where the value is no time in milliseconds */
export function duration(value: number | undefined, path: string, name: string): void {
  if (value === undefined) throw wrong('missing', path, name);
  if (!(Number.isFinite(value) && value >= 0)) throw wrong(`${value} is not a duration in milliseconds`, path, name);
}

export function flag(value: boolean | undefined, path: string, name: string): void {
  if (typeof value !== 'boolean') throw wrong(`${value} is neither true nor false`, path, name);
}

export function bytes(
  value: Uint8Array | undefined,
  minLength: number,
  maxLength: number,
  path: string,
  name: string,
): void {
  if (!(value instanceof Uint8Array)) throw wrong('missing', path, name);
  if (value.length >= minLength && value.length <= maxLength) return;
  const expected = minLength === maxLength ? minLength : `${minLength}..${maxLength}`;
  throw wrong(`${value.length} bytes, expected ${expected}`, path, name);
}

export function matching(value: string | undefined, [pattern, what]: Form, path: string, name: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) throw wrong(`${quoted(value)} is not ${what}`, path, name);
}

/** @throws RangeError where the value is no string, holds half a surrogate pair, or has over `maxLength` UTF-16 units */
export function text(value: string | undefined, maxLength: number, path: string, name: string): void {
  if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) throw wrong('not a well-formed string', path, name);
  if (value.length > maxLength) throw wrong(`${value.length} characters, at most ${maxLength}`, path, name);
}

export function word(
  value: string | undefined,
  words: readonly string[],
  path: string,
  name: string,
  index?: number,
): void {
  if (value === undefined) throw wrong('missing', path, name, index);
  if (!words.includes(value)) throw wrong(`${quoted(value)} is not one of ${words.join(', ')}`, path, name, index);
}

export function list(
  values: readonly unknown[] | undefined,
  minLength: number,
  maxLength: number,
  path: string,
  name: string,
): asserts values is readonly unknown[] {
  if (!Array.isArray(values)) throw wrong('missing', path, name);
  if (values.length < minLength || values.length > maxLength)
    throw wrong(`${values.length} entries, expected ${minLength}..${maxLength}`, path, name);
}

/** @throws RangeError where a report counts more bits than it carries */
export function payloadFits({ codeword, phase, payloadBits }: CsiReport, path: string): void {
  const most = 8 * (codeword.length + phase.length) + 16;
  if (payloadBits > most) throw wrong(`${payloadBits} is more than the report carries, ${most}`, path, 'payloadBits');
}

/** @throws RangeError where the two lists differ in length */
export function outcomesFit({ seqs, outcomes }: ReportAck, path: string): void {
  if (outcomes.length !== seqs.length)
    throw wrong(`${outcomes.length} entries for ${seqs.length} seqs`, path, 'outcomes');
}

/** @throws RangeError where a matrix has not the bytes that its shape and encoding ask for */
export function valuesFit(matrix: CsiMatrix, path: string): void {
  const expected = csiMatrixByteLength(matrix);
  const { numAntennas, numDelays, encoding, values } = matrix;
  if (values.length === expected) return;
  const shape = `${numAntennas} x ${numDelays} complex ${encoding}`;
  throw wrong(`${values.length} bytes, expected ${expected} for ${shape}`, path, 'values');
}

/** @throws RangeError where the parts of paths differ in how many there are, or the response is not of the array */
export function pathsFit(paths: CsiPaths, path: string): void {
  const { numAntennas1, numAntennas2, coefficientsPerPath, delaySamples, response, spanSlots } = paths;
  const numPaths = Math.ceil(delaySamples.length / 4);
  const expected = {
    delaySamples: 4 * numPaths,
    spatialFrequency: 8 * numPaths,
    gain: 8 * numPaths * coefficientsPerPath,
    response: response.length === 0 ? 0 : 8 * numAntennas1 * numAntennas2,
    dopplerCyclesPerSlot: spanSlots === 0 ? 0 : 4 * numPaths,
  };
  for (const name of Object.keys(expected) as (keyof typeof expected)[]) {
    const [length, wanted] = [paths[name].length, expected[name]];
    if (length !== wanted) throw wrong(`${length} bytes, expected ${wanted} for ${numPaths} paths`, path, name);
  }
}

/** @throws RangeError where an estimate has neither form */
export function estimateGiven({ csi, paths }: ChannelEstimate, path: string): void {
  if (csi === undefined && paths === undefined) throw wrong('missing, and so are paths', path, 'csi');
}

function wrong(problem: string, path: string, name?: string, index?: number): RangeError {
  const field = name === undefined ? path : `${path}.${name}`;
  return new RangeError(`${field}${index === undefined ? '' : `[${index}]`}: ${problem}`);
}

/** Short enough for a log line whatever the other end sent. */
function quoted(value: unknown): string {
  const quotedText = JSON.stringify(value) ?? 'undefined';
  return quotedText.length <= 80 ? quotedText : `${quotedText.slice(0, 77)}...`;
}
