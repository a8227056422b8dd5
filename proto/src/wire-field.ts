/** One field of a message as the schema has it. */
export interface WireField {
  /** Name in the public types and in errors. */
  readonly name: string;
  /** What decides the wire type; enumerations count as uint32. */
  readonly kind: 'uint32' | 'bool' | 'double' | 'string' | 'bytes' | 'message';
  /** Type of a `message` field. */
  readonly message?: string;
  /** Words of an enumeration by number; 0 is UNSPECIFIED. */
  readonly words?: readonly string[];
  readonly repeated?: boolean;
}

/** Messages by name, their fields by number. */
export type WireTable = Readonly<Record<string, Readonly<Record<number, WireField>>>>;
