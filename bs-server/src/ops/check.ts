import * as v from 'valibot';

/**
 * What people configure a server with is checked by schemas, here and wherever options are declared. A message of a schema
 * that begins with `must` says what a value has to be, and is told with the value. Any other goes on from the value's
 * name, and shows of the value what may be shown.
 *
 * @throws RangeError naming the value by its path, and what is expected of it.
 */
export function checked<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
  if (result.success) return result.output;
  const { path, message, input } = result.issues[0];
  const name = (path ?? []).map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const said = message.startsWith('must ') ? ` is ${shown(input)}, ${message}` : message;
  throw new RangeError(`${name}${said}`.replace(/^[. ]/, ''));
}

function shown(value: unknown): string {
  if (Array.isArray(value) && value.length === 0) return 'empty';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Options by name, and no others: one that is misspelt must not leave a server open that was to be closed. */
export function optionsOf<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, ({ expected }) => {
    if (expected === 'Object') return ' must be an object';
    return expected === 'never' ? ` is not an option, known are ${Object.keys(entries).join(', ')}` : ' is missing';
  });
}

/** A whole number within bounds. */
export function integerIn(min: number, max: number) {
  const expected = `must be an integer in ${min}..${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

/** A number within bounds. */
export function numberIn(min: number, max: number) {
  const expected = `must be ${min}..${max}`;
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

/** The longest time a timer can hold. */
export const maxTimerMs = 2 ** 31 - 1;

/** A span of time, as long as a timer can hold. */
export function spanMs(min: number) {
  return numberIn(min, maxTimerMs);
}

/** One of a few words. */
export function oneOf<const T extends readonly string[]>(words: T) {
  return v.picklist(words, `must be one of ${words.join(', ')}`);
}

export function listOf<T>(item: v.GenericSchema<T>): v.GenericSchema<readonly T[]> {
  return v.array(item, 'must be a list');
}

/** A list that names at least one. */
export function someOf<T>(item: v.GenericSchema<T>) {
  return v.pipe(listOf(item), v.minLength(1, 'must name at least one'));
}

export const text = v.string('must be text');

export const flag = v.boolean('must be true or false');

/** PEM, or a secret: the text of a file, or its bytes. */
export const textOrBytes = v.custom<string | Uint8Array>(
  (value) => typeof value === 'string' || value instanceof Uint8Array,
  ' must be text or bytes',
);

/** A function or an object that is used as it is. */
export function instanceOf<T>(type: 'function' | 'object') {
  return v.custom<T>((value) => typeof value === type && value !== null, `must be of type ${type}`);
}
