/**
 * Numbers that every port of the path codec shares: `npm run generate --workspace ue-client` writes them into C.
 */
const { fround } = Math;

/** Terms of the series of a kernel's largest entry. */
export const PEAK_TERMS = 7;
/** Highest level of a path: how many steps the strongest one may be high. */
export const MAX_LEVEL = 1023;
/** Error energy that one bit is worth where steps are of size 1: four numbers a path, each erring by 1/12; ln 2 / 6. */
export const BIT_WORTH = fround(Math.LN2 / 6);
/** Levels up to here are told apart by bits as well as by error; above, a bit more or less is nothing beside a step. */
export const FINE_LEVELS = 64;
/** How far a path goes uphill where the correlation is not concave, bins. */
export const UPHILL = fround(0.1);
/** Longest step along an axis, bins. */
export const LONGEST = fround(0.25);
/** Lower quartile of an exponential distribution of mean one: -ln 3/4. */
export const QUARTILE = fround(0.2876820724517809);
/** Newton steps from between the largest entries to a new path's place. */
export const FIRST_STEPS = 4;
/** Of what the latest path took, the share that moving another has to gain; what gains less waits for the next round. */
export const LEAST_GAIN = fround(1 / 256);
/** Fewest bits of a path, about: no attempt takes more paths than its bits allow. */
export const LEAST_PATH_BITS = 13;
/** Bits of a weak path at most, about. */
export const MOST_WEAK_BITS = 24;
/** What bits of paths are thought to be too many: the strongest take fewer. */
export const FEWER_BITS = 4;
/** Attempts at a cap or a target. */
export const ATTEMPTS = 3;
/** Bits left over under a cap that are not worth another attempt. */
export const SPARE_BITS = 5;
/** Half a step less, squared: what makes the least step above the nearest one, 2^(-1/3). */
export const NEAREST = fround(0.7937005);
/** Squared errors of a path's four numbers, in squares of a step. */
export const PATH_ERROR = fround(1 / 3);
/** The strongest path's share of power that no step falls below: levels come to an end. */
export const FINEST_SHARE = fround(2 ** -19);
/** A path of less than 3.5 standard deviations of the noise is none. */
export const NOISE_SHARE = fround(3.5 * 3.5);
/** Entries of a matrix from which on noise can be told from paths: a few paths fill a smaller one, as noise does. */
export const LEAST_NOISY = 64;
/** What is added to the diagonal of least squares. */
export const RIDGE = fround(1e-6);
/** Least pivot: a path that the ones before explain but for this share of its energy gets no gain. */
export const LEAST_PIVOT = fround(1e-5);
/** Bins along an axis that a path's move looks at. */
export const NEAR = 8;
/** Steps are powers of 2^(1/3), two decibels, this many of them from -261 dB up. */
export const STEPS = 160;
/** Index of the step of height 1. */
export const UNIT_STEP = 130;
/** Sum of the frequencies of a level after another. */
export const LEVEL_TOTAL = 2 ** 14;
/** Sum of the frequencies of angles in order: below 2^53 when multiplied by the sums of any table, squared. */
export const ORDER_TOTAL = 2 ** 13;
/** Two classes of levels an octave: 1, 2, 3, 4-5, 6-7, 8-11, 12-15, ... */
export const LEVEL_CLASSES = 19;
/** Parts of a level that the next one's share of it is told apart by. */
export const RATIO_BINS = 16;
/** Sum of the frequencies of an end and of none. */
export const END_TOTAL = 4096;
/** Heights of the steps of an octave. */
export const THIRDS = [1, fround(1.2599210498948732), fround(1.5874010519681994)] as const;
/** Pi and -2 pi, of derivatives. */
export const PI = fround(Math.PI);
export const MINUS_TWO_PI = fround(-2 * Math.PI);
/** sin(pi x) = x (terms in x^2), |x| <= 1/2. */
export const SINE = [
  Math.PI,
  -5.16771278,
  2.55016404,
  -0.5992645293,
  0.08214588661,
  -0.007370430946,
  0.0004663028058,
].map(fround);
/** cos(pi x), as terms in x^2, |x| <= 1/2. */
export const COSINE = [1, -4.934802201, 4.058712126, -1.335262769, 0.2353306304, -0.02580689139, 0.001929574309].map(
  fround,
);
/** atan(x) / 2 pi = x (terms in x^2), 0 <= x <= 1 (Hastings' series, fitted to eighths of a turn). */
export const ARC = [0.15915132, -0.05293867, 0.0308034, -0.01853087, 0.00838004, -0.00186549].map(fround);
/** Cells a bin that known places are whole numbers of: a strong path of 300 bits has its place to as much. */
export const KNOWN_CELLS = 128;
/** Most places of a list of known paths. */
export const MOST_KNOWN = 24;
/** Values of a list's check; 0 is none of them, so that what a report begins with is never all zeros. */
export const CHECKS = 16;
/** Frequencies of a known path and of a fresh one before any is coded; each path adds 2. */
export const KNOWN_FIRST = 3;
export const FRESH_FIRST = 1;
/** Frequencies of ranks in the list: what all have, and what early ones have more. */
export const RANK_WEIGHT = 4;
export const LIKELY_WEIGHT = 40;
/** Largest total of a symbol's frequencies. */
export const MAX_TOTAL = 2 ** 16;
