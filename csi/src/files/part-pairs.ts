import { CsiError } from '../errors.ts';
import { isReal } from './csi-axes.ts';
import type { NpyArray } from './npy.ts';
import type { Variable } from './variable.ts';

/** How names of real parts end, and those of the imaginary parts beside them. */
const endings: readonly (readonly [real: RegExp, imaginary: string])[] = [
  [/(?<=^|[_.])r$/, 'i'],
  [/(?<=^|[_.])R$/, 'I'],
  [/(?<=^|[_.])re$/, 'im'],
  [/(?<=^|[_.])Re$/, 'Im'],
  [/(?<=^|[_.])real$/, 'imag'],
  [/(?<=^|[_.])Real$/, 'Imag'],
];

/**
 * Joins variables that hold real and imaginary parts apart, told by their names (`H_r` and `H_i`, `re` and `im`, `csi_real` and
 * `csi_imag`), into complex ones, which come first; all others stay.
 */
export function joinParts(variables: readonly Variable[]): readonly Variable[] {
  const joined: Variable[] = [];
  const parts = new Set<Variable>();
  for (const real of variables) {
    for (const [ending, imaginaryEnding] of endings) {
      if (!ending.test(real.name)) continue;
      const imaginary = variables.find(({ name }) => name === real.name.replace(ending, imaginaryEnding));
      if (imaginary === undefined || !fitTogether(real, imaginary)) continue;
      joined.push(complexOf(real, imaginary));
      parts.add(real).add(imaginary);
    }
  }
  return [...joined, ...variables.filter((variable) => !parts.has(variable))];
}

/** The complex variable of two real ones that are named. @throws CsiError `file-format` where they do not fit together. */
export function joinNamed(path: string, real: Variable, imaginary: Variable): Variable {
  if (fitTogether(real, imaginary)) return complexOf(real, imaginary);
  throw new CsiError(
    'file-format',
    `${path}: ${real.name} ${real.type} [${real.shape}] and ${imaginary.name} ${imaginary.type} [${imaginary.shape}] are no real and ` +
      'imaginary parts of one array: both must be real numbers of one shape',
  );
}

function fitTogether(real: Variable, imaginary: Variable): boolean {
  return isReal(real.type) && isReal(imaginary.type) && real.shape.join() === imaginary.shape.join();
}

function complexOf(real: Variable, imaginary: Variable): Variable {
  return {
    name: `${real.name},${imaginary.name}`,
    type: 'complex64',
    shape: real.shape,
    read: async (): Promise<NpyArray> => {
      const [re, im] = [await real.read(), await imaginary.read()];
      const data = new Float32Array(2 * re.data.length);
      for (let i = 0; i < re.data.length; i++) {
        data[2 * i] = Number(re.data[i]);
        data[2 * i + 1] = Number(im.data[i]);
      }
      return { dtype: 'complex64', shape: re.shape, data };
    },
  };
}
