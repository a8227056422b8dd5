/** One field of a protobuf message. */
export interface Field {
  readonly number: number;
  /** Varint, or the bits of a 32-bit field; 0 where the field has bytes. */
  readonly value: number;
  readonly bytes: Uint8Array | undefined;
}

/** Fields of a protobuf message in their order. */
export function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) fields.push({ number, value: varint(), bytes: undefined });
    else if (wireType === 5) {
      fields.push({ number, value: view.getUint32(at, true), bytes: undefined });
      at += 4;
    } else if (wireType === 1) at += 8;
    else if (wireType === 2) {
      const length = varint();
      if (length > bytes.length - at) throw new RangeError(`field ${number} is cut short`);
      fields.push({ number, value: 0, bytes: bytes.subarray(at, at + length) });
      at += length;
    } else throw new RangeError(`wire type ${wireType}`);
  }
  return fields;
}

/** What a field of bytes holds, each time it stands there. */
export function all(fields: readonly Field[], number: number): Uint8Array[] {
  return fields.flatMap((field) => (field.number === number && field.bytes !== undefined ? [field.bytes] : []));
}

/** What the first field of that number holds. @throws RangeError where there is none. */
export function bytesOf(fields: readonly Field[], number: number): Uint8Array {
  const [found] = all(fields, number);
  if (found === undefined) throw new RangeError(`field ${number} is missing`);
  return found;
}

/** Names are ASCII; a text decoder would cost a small process more memory than the whole model. */
export function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
