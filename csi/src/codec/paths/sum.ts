import { createRankOneSum } from '../../transform/rank-one-sum.ts';
import type { PathAxis } from './axis.ts';
import { type PathCodes, positionOf } from './codes.ts';
import { heightOf, phasesOf } from './grid.ts';
import { stepHeight } from './step.ts';
import { cosineOfPart, sineOfPart } from './turn.ts';

/**
 * Adds up the paths of a report.
 *
 * @param out - planar, `[2][count 1][count 2][numDelays]`, overwritten
 * @param step - index of the step
 */
export type PathSum = (out: Float32Array, codes: PathCodes, step: number) => void;

/**
 * Creates what adds up reports, as their encoder takes them apart: outer products of real kernels. The phases of the bins,
 * which the encoder turns out of the matrix (see `PathAxis`), go into the products: those of the angles into the weights, and
 * those of the delays as a second product a path, so that nothing is left to be done entry by entry.
 */
export function createPathSum(axes: readonly [PathAxis, PathAxis, PathAxis]): PathSum {
  const [one, two, delay] = axes;
  const rows = one.count * two.count;
  const columns = delay.count;
  const sum = createRankOneSum(rows, columns);
  const kernelOne = new Float64Array(one.count);
  const kernelTwo = new Float64Array(two.count);
  const kernelDelay = new Float64Array(columns);
  const turnRe = new Float32Array(rows);
  const turnIm = new Float32Array(rows);
  for (let i = 0, row = 0; i < one.count; i++) {
    const re = one.turnRe[i] as number;
    const im = one.turnIm[i] as number;
    for (let j = 0; j < two.count; j++, row++) {
      turnRe[row] = re * (two.turnRe[j] as number) - im * (two.turnIm[j] as number);
      turnIm[row] = re * (two.turnIm[j] as number) + im * (two.turnRe[j] as number);
    }
  }

  /** Writes what path k is at every angle, planar. */
  const weighInto = (weights: Float32Array, codes: PathCodes, k: number, step: number): void => {
    const level = codes.level[k] as number;
    const phases = phasesOf(level);
    const phase = codes.phase[k] as number;
    const height = heightOf(level) * stepHeight(step, 0);
    const gainRe = height * cosineOfPart(phase, phases);
    const gainIm = height * sineOfPart(phase, phases);
    for (let i = 0, row = 0; i < one.count; i++) {
      const re = gainRe * (kernelOne[i] as number);
      const im = gainIm * (kernelOne[i] as number);
      for (let j = 0; j < two.count; j++, row++) {
        const backRe = (kernelTwo[j] as number) * (turnRe[row] as number);
        const backIm = (kernelTwo[j] as number) * (turnIm[row] as number);
        weights[row] = re * backRe + im * backIm;
        weights[rows + row] = im * backRe - re * backIm;
      }
    }
  };

  return (out, codes, step) => {
    sum.clear();
    for (let k = 0; k < codes.count; k++) {
      realKernelInto(one, kernelOne, positionOf(codes, k, 0));
      realKernelInto(two, kernelTwo, positionOf(codes, k, 1));
      realKernelInto(delay, kernelDelay, positionOf(codes, k, 2));
      // (re + j im) (cos - j sin) = (re cos + im sin) + j (im cos - re sin).
      const { weights, kernel } = sum.next();
      weighInto(weights, codes, k, step);
      for (let t = 0; t < columns; t++) kernel[t] = (kernelDelay[t] as number) * (delay.turnRe[t] as number);
      sum.add();
      const second = sum.next();
      for (let row = 0; row < rows; row++) {
        second.weights[row] = weights[rows + row] as number;
        second.weights[rows + row] = -(weights[row] as number);
      }
      for (let t = 0; t < columns; t++) second.kernel[t] = (kernelDelay[t] as number) * (delay.turnIm[t] as number);
      sum.add();
    }
    sum.flush();
    const { values, stride } = sum;
    if (stride === columns) {
      out.set(values);
      return;
    }
    for (let row = 0; row < 2 * rows; row++) {
      out.set(values.subarray(row * stride, row * stride + columns), row * columns);
    }
  };
}

/**
 * Writes the kernel of a position, of unit energy. What the encoder's `kernelInto` does to the last bit, this does to float32
 * rounding, in a third of the time.
 *
 * @param out - `[count]`
 */
function realKernelInto(axis: PathAxis, out: Float64Array, position: number): void {
  const { size, count, sine, cosine } = axis;
  const rounded = Math.floor(position + 0.5);
  const off = position - rounded;
  const nearest = rounded >= size ? rounded - size : rounded;
  const scale = Math.sin(Math.PI * off) / size;
  const smallCosine = Math.cos((Math.PI * off) / size);
  const smallSine = Math.sin((Math.PI * off) / size);
  for (let i = 0, d = nearest + count; i < count; i++, d--) {
    out[i] = scale / ((sine[d] as number) * smallCosine + (cosine[d] as number) * smallSine);
  }
  if (off === 0 && nearest < count) out[nearest] = 1;
  if (axis.whole) return;
  let energy = 0;
  for (let i = 0; i < count; i++) energy += (out[i] as number) * (out[i] as number);
  const inverse = 1 / Math.sqrt(energy);
  for (let i = 0; i < count; i++) out[i] = inverse * (out[i] as number);
}
