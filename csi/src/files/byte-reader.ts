import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { CsiError } from '../errors.ts';

/** Bytes read from a file at first, where a header may be all that is wanted, and at most at once. */
const FIRST_PIECE_BYTES = 1 << 12;
const PIECE_BYTES = 1 << 18;

/** Reads a stream of bytes in exact amounts. */
export interface ByteReader {
  /** Bytes taken so far. */
  readonly position: number;
  /** The next `length` bytes. @throws CsiError `file-format` where the stream ends before. */
  take(length: number): Promise<Uint8Array>;
  /** The next `length` bytes in pieces as they come. @throws CsiError `file-format` where the stream ends before. */
  pieces(length: number): AsyncGenerator<Uint8Array>;
  /** Reads the end of the stream. @throws CsiError `file-format` where bytes are left. */
  end(): Promise<void>;
  /** Releases what the stream holds. */
  close(): Promise<void>;
}

/** @param name - what the bytes are, for errors */
export function createByteReader(source: AsyncGenerator<Uint8Array>, name: string): ByteReader {
  let rest: Uint8Array = new Uint8Array(0);
  let position = 0;

  async function* pieces(length: number): AsyncGenerator<Uint8Array> {
    let left = length;
    while (left > 0) {
      if (rest.length === 0) {
        const { value, done } = await source.next();
        if (done) throw new CsiError('file-format', `${name}: ends at byte ${position}, ${left} bytes early`);
        rest = value;
        continue;
      }
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      position += piece.length;
      yield piece;
    }
  }

  return {
    get position() {
      return position;
    },
    async take(length) {
      if (rest.length >= length) {
        const bytes = rest.slice(0, length);
        rest = rest.subarray(length);
        position += length;
        return bytes;
      }
      // Grown as bytes come: a length that a damaged file claims takes no memory.
      const parts: Uint8Array[] = [];
      for await (const piece of pieces(length)) parts.push(piece);
      return new Uint8Array(Buffer.concat(parts));
    },
    pieces,
    async end() {
      while (rest.length === 0) {
        const { value, done } = await source.next();
        if (done) return;
        rest = value;
      }
      throw new CsiError('file-format', `${name}: goes on at byte ${position}, where its end was expected`);
    },
    async close() {
      await source.return(undefined);
    },
  };
}

/** Bytes `start .. end - 1` of a file; fewer where the file ends before. */
export async function* fileRange(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  let pieceBytes = FIRST_PIECE_BYTES;
  for (let at = start; at < end; ) {
    const { bytesRead, buffer } = await file.read({
      buffer: new Uint8Array(Math.min(pieceBytes, end - at)),
      position: at,
    });
    if (bytesRead === 0) return;
    at += bytesRead;
    pieceBytes = Math.min(PIECE_BYTES, 2 * pieceBytes);
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Inflates a zlib stream piece by piece.
 *
 * @throws CsiError `file-format` where the stream is damaged or its checksum is wrong.
 */
export async function* inflated(source: AsyncGenerator<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const inflate = createInflate({ chunkSize: 1 << 16 });
  const feeding = feed(source, inflate);
  try {
    for await (const piece of inflate) yield piece;
    await feeding;
  } catch (cause) {
    if (cause instanceof CsiError) throw cause;
    const reason = cause instanceof Error ? cause.message : cause;
    throw new CsiError('file-format', `${name}: compressed data is damaged (${reason})`, { cause });
  } finally {
    inflate.destroy();
    await feeding;
    await source.return(undefined);
  }
}

/** Writes the source to the inflater, waiting where that is full; ends quietly once the inflater is destroyed. */
async function feed(source: AsyncGenerator<Uint8Array>, inflate: Writable): Promise<void> {
  try {
    for await (const piece of source) {
      if (inflate.destroyed) return;
      if (!inflate.write(piece)) await drained(inflate);
    }
    inflate.end();
  } catch (cause) {
    inflate.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  }
}

/** Waits until a stream takes more, or is destroyed. */
async function drained(stream: Writable): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
