import { createAxis } from './axis.ts';
import { createGrid } from './grid.ts';
import { createResponseKernel } from './response.ts';
import { checkSpec, type PathCodecSpec } from './spec.ts';
import { createSyntax } from './syntax.ts';

/** A spec as the C codec and its WebAssembly module read it: ue-client/kernel/paths-space.h states the order. */
export interface PathKernelTables {
  readonly integers: Int32Array;
  readonly floats: Float32Array;
  /** How many of `floats`, the last ones, are of known paths alone. */
  readonly numKnown: number;
}

/**
 * Computes the tables that a port of the codec needs, so that none has to compute a sine or a logarithm of its own.
 *
 * @throws CsiError `model-invalid` where the spec is none.
 *
 * @example
 * const { integers, floats } = pathKernelTables(pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024 }));
 */
export function pathKernelTables(spec: PathCodecSpec): PathKernelTables {
  checkSpec(spec);
  const { antennas, numDelays, numSubcarriers, maxPaths, tables, response } = spec;
  const axes = [
    createAxis(antennas[0], antennas[0]),
    createAxis(antennas[1], antennas[1]),
    createAxis(numSubcarriers, numDelays),
  ];
  const grid = createGrid(axes);
  const syntax = createSyntax([antennas[0], antennas[1], numDelays], maxPaths, tables);
  const floats = axes.flatMap(({ count, last, inverseSize, bend, peak, sine, cosine, turnRe, turnIm }) => [
    ...[last, inverseSize, bend],
    // Sines and cosines of negative angles follow from the others'.
    ...[peak, sine.subarray(count), cosine.subarray(count), turnRe, turnIm].flatMap((table) => [...table]),
  ]);
  floats.push(...grid.threshold, ...grid.bits);
  for (const invert of response ? [true, false] : []) {
    const { re, im } = createResponseKernel(antennas, response as NonNullable<typeof response>, invert);
    floats.push(...re, ...im);
  }
  // Last, so that a codec without known paths does without them.
  const known = [...grid.known.threshold, ...grid.known.bits];
  floats.push(...known);
  const integers = [antennas[0], antennas[1], numDelays, numSubcarriers, maxPaths, response ? 1 : 0];
  integers.push(...syntax.angleBump, syntax.delayBump);
  integers.push(...syntax.first, ...syntax.end, ...syntax.next.flatMap((sums) => [...sums]));
  integers.push(...syntax.delay, ...syntax.later, ...syntax.angle[0], ...syntax.angle[1]);
  return { integers: Int32Array.from(integers), floats: Float32Array.from(floats), numKnown: known.length };
}
