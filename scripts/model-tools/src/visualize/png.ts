import { crc32, deflateSync } from 'node:zlib';

/** An image of up to 256 colours. */
export interface IndexedImage {
  readonly width: number;
  readonly height: number;
  /** Row-major; 0 is transparent. */
  readonly pixels: Uint8Array;
  /** RGB of colours 1, 2, .. */
  readonly palette: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Writes a PNG file with a palette. */
export function encodePng({ width, height, pixels, palette }: IndexedImage): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits a pixel, indexed colour.
  header.set([8, 3], 8);
  // Each row begins with its filter: none.
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.concat([Uint8Array.of(0, 0, 0), palette])),
    chunk('tRNS', Uint8Array.of(0)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)));
  return out;
}
