/** The largest integer e with 2^e <= value, exactly; value is above 0 and finite. */
export function exponentOf(value: number): number {
  let exponent = Math.floor(Math.log2(value));
  while (2 ** exponent > value) exponent--;
  while (2 ** (exponent + 1) <= value) exponent++;
  return exponent;
}
