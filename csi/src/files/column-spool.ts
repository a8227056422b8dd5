import { type FileHandle, open, rm } from 'node:fs/promises';
import { type Dtype, formatNpyHeader, type NpyArray } from './npy.ts';
import { writeAt } from './whole-file.ts';

/** Bytes gathered before they go to the disk. */
const CHUNK_BYTES = 1 << 18;

/** What the rows of a column are. */
export interface ColumnSpec {
  readonly dtype: Dtype;
  /** Shape of one row; `[]` for a number a row. */
  readonly rowShape: readonly number[];
}

/** Writes a .npy file row by row, holding a chunk of it at most. */
export class ColumnSpool {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #spec: ColumnSpec;
  #rows = 0;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #pendingBytes = 0;
  #isClosed = false;

  private constructor(path: string, file: FileHandle, spec: ColumnSpec) {
    this.#path = path;
    this.#file = file;
    this.#spec = spec;
  }

  /** Creates the file, or empties it. A name of its own is best: what was there is gone at once. */
  static async open(path: string, spec: ColumnSpec): Promise<ColumnSpool> {
    const file = await open(path, 'w');
    try {
      await file.writeFile(headerOf(spec, 0));
    } catch (error) {
      await file.close();
      throw error;
    }
    return new ColumnSpool(path, file, spec);
  }

  get path(): string {
    return this.#path;
  }

  /**
   * Adds rows, back to back.
   *
   * @throws RangeError where the data is no whole number of rows.
   */
  async append(data: NpyArray['data']): Promise<void> {
    const perRow = this.#spec.rowShape.reduce((product, size) => product * size, 1);
    if (data.length % perRow !== 0) {
      throw new RangeError(`data has ${data.length} numbers, must be a multiple of ${perRow}, a row each`);
    }
    this.#rows += data.length / perRow;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const piece = bytes.subarray(done, done + CHUNK_BYTES - this.#pendingBytes);
      this.#chunk.set(piece, this.#pendingBytes);
      this.#pendingBytes += piece.length;
      done += piece.length;
      if (this.#pendingBytes === CHUNK_BYTES) await this.#flush();
    }
  }

  /** Completes the file. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#flush();
      await writeAt(this.#file, headerOf(this.#spec, this.#rows), 0);
    } finally {
      await this.#file.close();
    }
  }

  /** Removes the file, whatever is in it. */
  async discard(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      await this.#file.close();
    }
    await rm(this.#path, { force: true });
  }

  async #flush(): Promise<void> {
    const pending = this.#chunk.subarray(0, this.#pendingBytes);
    this.#pendingBytes = 0;
    if (pending.length > 0) await this.#file.writeFile(pending);
  }
}

/** Any number of rows fits the room that is left for it. */
function headerOf({ dtype, rowShape }: ColumnSpec, rows: number): Uint8Array {
  return formatNpyHeader(dtype, [rows, ...rowShape], Number.MAX_SAFE_INTEGER);
}
