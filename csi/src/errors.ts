/**
 * The base of every error that this project throws on bad input or a failed peer. `code` is for code, the message for
 * people, `cause` for whatever lies beneath. Wrong arguments of a call are RangeError or TypeError instead.
 *
 * @example
 * try {
 *   await ue.report(csi, slot);
 * } catch (error) {
 *   if (error instanceof EdgeCsiError && error.code === 'csi-invalid') skip(slot);
 *   else throw error;
 * }
 */
export class EdgeCsiError<Code extends string = string> extends Error {
  override readonly name: string = 'EdgeCsiError';
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What is wrong with data at a boundary. */
export type CsiErrorCode =
  | 'csi-invalid'
  | 'dependency-missing'
  | 'file-format'
  | 'payload-invalid'
  | 'model-invalid'
  | 'model-unknown'
  | 'model-mismatch'
  | 'model-state';

/** Bad data at a boundary: a CSI matrix, a file, a payload or a model. */
export class CsiError extends EdgeCsiError<CsiErrorCode> {
  override readonly name = 'CsiError';
}

/** @throws RangeError where `value` is not an integer of at least 1. */
export function requireCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} is ${value}, must be an integer of at least 1`);
  }
}
