/** Nearest IEEE 754 binary16, ties to even; past its range, infinity. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  // log2 may round up to the next power of two; the quotient is then just below 1, and rounds right all the same.
  const fraction = roundHalfEven((magnitude / 2 ** exponent) * 1024);
  if (exponent === -14 && fraction < 1024) return sign | fraction;
  return sign + ((exponent + 15) << 10) + (fraction - 1024);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
