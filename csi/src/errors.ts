/** What went wrong, for code; messages are for people. */
export type CsiErrorCode =
  | 'csi-invalid'
  | 'dependency-missing'
  | 'file-format'
  | 'payload-invalid'
  | 'model-invalid'
  | 'model-unknown'
  | 'model-mismatch'
  | 'model-state';

/** Bad data at a boundary: a CSI matrix, a file, a payload or a model. Wrong arguments are RangeError or TypeError. */
export class CsiError extends Error {
  override readonly name = 'CsiError';
  readonly code: CsiErrorCode;

  constructor(code: CsiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
