/** Writes factor |h| of each entry, `[n]`, of complex values, planar `[2][n]`. */
export function scaledMagnitudesInto(out: Float32Array, values: Float32Array, factor: number): void {
  const numEntries = out.length;
  requireLength(values, 2 * numEntries);
  for (let entry = 0; entry < numEntries; entry++) {
    const re = values[entry] as number;
    const im = values[numEntries + entry] as number;
    out[entry] = factor * Math.sqrt(re * re + im * im);
  }
}

/** Writes factor |Re| and factor |Im| of each entry, planar `[2][n]`, of complex values, planar `[2][n]`. */
export function scaledPartsInto(out: Float32Array, values: Float32Array, factor: number): void {
  requireLength(values, out.length);
  for (let i = 0; i < out.length; i++) out[i] = factor * Math.abs(values[i] as number);
}

function requireLength(values: Float32Array, length: number): void {
  if (values.length !== length) throw new RangeError(`values has ${values.length} entries, must have ${length}`);
}
