import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { CsiError } from '../errors.ts';
import { type ColumnSpec, ColumnSpool } from './column-spool.ts';
import type { NpyArray } from './npy.ts';
import { NPZ_TIME } from './npz.ts';
import { writeWhole } from './whole-file.ts';
import { Zip, ZipPassThrough } from './zip.ts';

/** Bytes a .npz that is written column by column may have: sizes in a plain zip archive are 32 bits. */
export const maxNpzBytes = 2 ** 32 - 2 ** 20;

/**
 * Writes a .npz file of columns that grow together, in bounded memory: each grows in a file of its own beside it, and
 * `close` joins them, stored and not compressed, as numpy does. Nothing is at the path before that.
 */
export class NpzWriter {
  readonly #path: string;
  readonly #columns: ReadonlyMap<string, ColumnSpool>;
  #bytes = 0;
  #isOver = false;

  private constructor(path: string, columns: ReadonlyMap<string, ColumnSpool>) {
    this.#path = path;
    this.#columns = columns;
  }

  /** Starts a file of these arrays; it appears when it is closed. */
  static async open(path: string, specs: Readonly<Record<string, ColumnSpec>>): Promise<NpzWriter> {
    const columns = new Map<string, ColumnSpool>();
    try {
      for (const [name, spec] of Object.entries(specs)) {
        columns.set(name, await ColumnSpool.open(`${path}.${name}.part`, spec));
      }
    } catch (error) {
      for (const column of columns.values()) await column.discard();
      throw error;
    }
    return new NpzWriter(path, columns);
  }

  /**
   * Adds rows to a column.
   *
   * @throws RangeError where there is no such column, or the data is no whole number of rows.
   * @throws CsiError `file-format` where the file would be larger than a .npz can be; it can be closed without them.
   */
  async append(name: string, data: NpyArray['data']): Promise<void> {
    const column = this.#columns.get(name);
    if (column === undefined) {
      throw new RangeError(`column is ${name}, must be one of ${[...this.#columns.keys()].join(', ')}`);
    }
    if (this.#bytes + data.byteLength > maxNpzBytes) {
      throw new CsiError(
        'file-format',
        `${this.#path}: a .npz holds at most ${maxNpzBytes} bytes; write fewer samples, or .npy`,
      );
    }
    this.#bytes += data.byteLength;
    await column.append(data);
  }

  /** Makes the file. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      for (const column of this.#columns.values()) await column.close();
      await writeWhole(this.#path, (file) => this.#joinInto(file));
    } finally {
      await this.#discardColumns();
    }
  }

  /** Gives up: nothing is left on the disk. Safe to call after `close`. */
  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#discardColumns();
  }

  async #joinInto(file: FileHandle): Promise<void> {
    const ready: Uint8Array[] = [];
    const zip = new Zip((error, bytes) => {
      if (error) throw error;
      ready.push(bytes);
    });
    const flush = async (): Promise<void> => {
      for (const bytes of ready.splice(0)) await file.writeFile(bytes);
    };
    for (const [name, column] of this.#columns) {
      const entry = new ZipPassThrough(`${name}.npy`);
      entry.mtime = NPZ_TIME;
      zip.add(entry);
      for await (const bytes of createReadStream(column.path, { highWaterMark: 1 << 20 })) {
        entry.push(bytes as Uint8Array);
        await flush();
      }
      entry.push(new Uint8Array(0), true);
    }
    zip.end();
    await flush();
  }

  async #discardColumns(): Promise<void> {
    for (const column of this.#columns.values()) await column.discard();
  }
}
