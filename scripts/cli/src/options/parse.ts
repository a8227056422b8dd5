import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';

// What a parser throws reads on after "--option is 'value', ": it says what would do.

/** Parser of an integer, with inclusive bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`give an integer from ${min} to ${max}`);
  };
}

/** Parser of a finite number, with inclusive bounds. */
export function finite(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`give a number from ${min} to ${max}`);
  };
}

/** Parser of a comma-separated list with at least one item. */
export function list(text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new InvalidArgumentError('give a list like a,b');
  return items;
}

/** Parser of a comma-separated list of what another parser takes. */
export function listOf<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => list(text).map(parse);
}

/** Parser of one of some names. */
export function oneOf<const T extends string | number>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => String(value) === text);
    if (found === undefined) throw new InvalidArgumentError(`give one of ${values.join(', ')}`);
    return found;
  };
}

/** Parser of a URL, of one of some protocols. @param like - one that would do */
export function url(protocols: readonly string[], like: string): (text: string) => string {
  return (text) => {
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
    throw new InvalidArgumentError(`give one like ${like}`);
  };
}

/** Parser of an id of at most so many characters, of those that topics and files may have. */
export function id(maxLength: number): (text: string) => string {
  return (text) => {
    if (new RegExp(`^[\\w.:-]{1,${maxLength}}$`).test(text)) return text;
    throw new InvalidArgumentError(`give 1 to ${maxLength} characters of A-Z a-z 0-9 . _ : -`);
  };
}

/** Parser of a file that is read at once. */
export function contents(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new InvalidArgumentError(`which cannot be read: ${(cause as Error).message}`);
  }
}

/** Parser of a file with one line of text. The line break that an editor puts behind it is no part of it. */
export function line(file: string): string {
  return text(file).replace(/\r?\n$/, '');
}

/** Parser of a text file as editors write it: UTF-8, or UTF-16 with a byte-order mark, which is no part of the text. */
export function text(file: string): string {
  const bytes = contents(file);
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  const decoded = new TextDecoder(encoding).decode(bytes);
  if (!decoded.includes('\0')) return decoded;
  throw new InvalidArgumentError('which is no text; save it as UTF-8');
}

/** Parser of a file that holds a secret. */
export function secret(file: string): string {
  const text = line(file);
  const bytes = Buffer.byteLength(text);
  if (bytes >= 32) return text;
  throw new InvalidArgumentError(`with ${bytes} bytes; make one with: openssl rand -hex 32 > ${file}`);
}

/** Parser of a file to write: whether it can be, which a long run had better know before. */
export function writableFile(file: string): string {
  requireWritable(path.dirname(path.resolve(file)));
  if (isFolder(file)) throw new InvalidArgumentError('which is a folder; give a file');
  return file;
}

/** Parser of a folder to write into, which is there or can be made. */
export function writableFolder(folder: string): string {
  let there = path.resolve(folder);
  while (!existsSync(there)) there = path.dirname(there);
  requireWritable(there);
  return folder;
}

/** Parser of a folder to write a model into, which holds none yet. */
export function newModelFolder(folder: string): string {
  if (!existsSync(path.join(folder, 'manifest.json'))) return writableFolder(folder);
  throw new InvalidArgumentError('which holds a model; give another folder');
}

/** Parser of a folder for figures, made where it is not there. */
export function figureFolder(folder: string): string {
  // Of the times when --svg named the one file of the one figure.
  if (folder.endsWith('.svg')) throw new InvalidArgumentError('give a folder: every figure becomes a file in it');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch {
    throw new InvalidArgumentError('which is not a folder that can be written to');
  }
  return folder;
}

function requireWritable(folder: string): void {
  try {
    accessSync(`${folder}${path.sep}`, constants.W_OK);
  } catch {
    throw new InvalidArgumentError(`but ${folder} is not a folder that can be written to`);
  }
}

function isFolder(file: string): boolean {
  // What is not there yet can be made.
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The seed of everything that a command draws. */
export const seedOption = ['--seed <n>', 'seed of everything drawn', integer(0, 2 ** 31 - 1), 7] as const;
