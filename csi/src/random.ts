/** A seeded source of random numbers. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Normal with mean 0 and variance 1. */
  gaussian(): number;
}

/**
 * Creates a generator: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
 * 47(4), 2021), its state filled by SplitMix32. The same seed gives the same numbers on every platform, `gaussian` up to
 * the platform's log.
 *
 * @param seed - any integer; its lowest 32 bits count
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}, must be an integer`);
  const next = xoshiro128(seed);
  const uniform = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  let spare: number | undefined;
  // Marsaglia's polar method gives normals in pairs.
  const gaussian = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * factor;
        return x * factor;
      }
    }
  };
  return { uniform, gaussian };
}

/**
 * A seed for one of many independent parts of a simulation, so that each can be drawn, and drawn again, apart from the
 * others.
 *
 * @param indices - which part, integers
 */
export function deriveSeed(seed: number, ...indices: readonly number[]): number {
  // Each index is mixed in by a step of SplitMix32, which spreads neighbours over all 32 bits.
  return indices.reduce((mixed, index) => splitmix32(splitmix32(mixed)() ^ index)() >>> 0, seed);
}

/** Draws unsigned 32-bit integers. */
function xoshiro128(seed: number): () => number {
  const split = splitmix32(seed);
  let a = split();
  let b = split();
  let c = split();
  let d = split();
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

/** Spreads a seed over 32 bits: a Weyl sequence through the finaliser of MurmurHash3. */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Draws from the exponential distribution of mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random.uniform());
}

/** Draws from the Poisson distribution by Knuth's product of uniforms; meant for means of a few. */
export function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

/** Draws uniformly from [min, max). */
export function uniformBetween(min: number, max: number, random: Random): number {
  return min + (max - min) * random.uniform();
}

/** Draws a phase, uniform over the circle, in radians. */
export function uniformPhase(random: Random): number {
  return uniformBetween(-Math.PI, Math.PI, random);
}
