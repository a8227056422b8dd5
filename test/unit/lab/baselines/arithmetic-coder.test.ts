import { createRandom } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import {
  ArithmeticDecoder,
  ArithmeticEncoder,
  frequencyTotal,
} from '../../../../scripts/lab/src/schemes/arithmetic-coder.ts';

/** Draws binary symbols at odds that change from one to the next, and codes them. */
function code(seed: number, count: number) {
  const random = createRandom(seed);
  const encoder = new ArithmeticEncoder();
  const ones: number[] = [];
  const symbols: boolean[] = [];
  let entropyBits = 0;
  for (let i = 0; i < count; i++) {
    // From one part in the total to nearly all of it, so that registers run into each other too.
    const one = Math.min(frequencyTotal - 1, Math.max(1, Math.floor(frequencyTotal * random.uniform() ** 8)));
    const symbol = random.uniform() * frequencyTotal < one;
    ones.push(one);
    symbols.push(symbol);
    entropyBits -= Math.log2((symbol ? one : frequencyTotal - one) / frequencyTotal);
    if (symbol) encoder.encode(0, one);
    else encoder.encode(one, frequencyTotal);
  }
  return { ones, symbols, entropyBits, code: encoder.finish() };
}

it.each([1, 2, 3, 4, 5])('gives back the symbols it coded, whatever follows them (seed %i)', (seed) => {
  const { ones, symbols, code: coded } = code(seed, 3000);
  const followed = new Uint8Array(coded.bytes.length + 8).fill(0xff);
  followed.set(coded.bytes);
  // Bits in the last byte past the end of the code belong to whatever follows.
  const unused = coded.bytes.length * 8 - coded.bitLength;
  followed[coded.bytes.length - 1] = (coded.bytes.at(-1) as number) | ((1 << unused) - 1);
  for (const bytes of [coded.bytes, followed]) {
    const decoder = new ArithmeticDecoder(bytes);
    const decoded = ones.map((one) => {
      const symbol = decoder.target() < one;
      if (symbol) decoder.take(0, one);
      else decoder.take(one, frequencyTotal);
      return symbol;
    });
    expect(decoded).toEqual(symbols);
  }
});

it('spends the information content of the symbols and at most two bits more', () => {
  const { entropyBits, code: coded } = code(6, 3000);
  expect(coded.bitLength).toBeGreaterThan(entropyBits - 1);
  expect(coded.bitLength).toBeLessThan(entropyBits + 2.5);
});
