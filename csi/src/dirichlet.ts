/** What the kernels of `dirichletInto` have in common. */
interface DirichletFactors {
  /** Phase of the common factor, in radians. */
  readonly phaseRad: number;
  /** The constant imaginary part to subtract. */
  readonly sine: number;
}

/**
 * Writes the real part of the Dirichlet kernel that a complex exponential becomes under a unitary inverse DFT:
 *
 * size^-1/2 sum_k exp(-j 2 pi k position / size) exp(j 2 pi k i / size)
 *   = size^-1/2 exp(j phaseRad) (out[i] - j sine),   out[i] = sine cot(pi (i - position) / size).
 *
 * With position = peak + e, |e| <= 1/2: sine = -sin(pi e), phaseRad = -pi e. Only the cotangent varies from bin to
 * bin, and it follows from a rotation by pi / size.
 *
 * @param out - gets bins 0 .. count - 1; what follows is left alone
 * @param count - at most `size`
 * @param position - peak position in bins, any real number
 * @param size - length of the DFT
 */
export function dirichletInto(out: Float64Array, count: number, position: number, size: number): DirichletFactors {
  const nearest = Math.round(position);
  const offBin = position - nearest;
  const sine = -Math.sin(Math.PI * offBin);
  const stepRad = Math.PI / size;
  const stepCos = Math.cos(stepRad);
  const stepSin = Math.sin(stepRad);
  let cos = Math.cos(-position * stepRad);
  let sin = Math.sin(-position * stepRad);
  for (let i = 0; i < count; i++) {
    out[i] = (sine * cos) / sin;
    const rotated = cos * stepCos - sin * stepSin;
    sin = sin * stepCos + cos * stepSin;
    cos = rotated;
  }
  // At the peak the rotation's rounding error is large beside the sine it divides by, which may even be zero.
  const peak = ((nearest % size) + size) % size;
  if (peak < count) out[peak] = offBin === 0 ? size : -sine / Math.tan(offBin * stepRad);
  return { phaseRad: -Math.PI * offBin, sine };
}
