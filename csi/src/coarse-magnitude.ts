/** An integer matrix-vector product m = P c + b in wrapping int32 arithmetic, with its own input buffer. */
export interface CoarseKernel {
  /** The vector c, at least `codewordLength` long; entries past that stay zero. */
  readonly input: Int16Array;
  /** Computes m from `input`. The result, at least `numEntries` long, is valid until the next call. */
  run(): Int32Array;
}

/** Operands of a coarse magnitude: `matrix` is int8, row-major `[numEntries][codewordLength]`. */
export interface CoarseOperands {
  readonly matrix: Int8Array;
  readonly bias: Int32Array;
  readonly numEntries: number;
  readonly codewordLength: number;
}

/** The product in plain JavaScript. */
export function createJsKernel({ matrix, bias, numEntries, codewordLength }: CoarseOperands): CoarseKernel {
  const input = new Int16Array(codewordLength);
  const output = new Int32Array(numEntries);
  const run = (): Int32Array => {
    for (let entry = 0; entry < numEntries; entry++) {
      const row = entry * codewordLength;
      let sum = bias[entry] as number;
      for (let i = 0; i < codewordLength; i++) {
        sum = (sum + (matrix[row + i] as number) * (input[i] as number)) | 0;
      }
      output[entry] = sum;
    }
    return output;
  };
  return { input, run };
}
