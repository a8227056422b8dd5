/** Dirichlet kernels of one DFT length: what a complex exponential becomes under a unitary inverse DFT. */
export interface Dirichlet {
  /**
   * Writes the part of the kernel that varies from bin to bin:
   *
   * size^-1/2 sum_k exp(-j 2 pi k position / size) exp(j 2 pi k i / size)
   *   = size^-1/2 (cosine + j sine) (out[i] - j sine),   out[i] = sine cot(pi (i - position) / size).
   *
   * With position = peak + e, |e| <= 1/2: sine = -sin(pi e), cosine = cos(pi e). The cotangent follows from a rotation by
   * pi / size.
   *
   * @param out - gets bins 0 .. count - 1; what follows is left alone
   * @param count - at most `size`
   * @param position - peak position in bins, any real number
   * @returns sine
   */
  into(out: Float32Array, count: number, position: number): number;
}

/** @param size - length of the DFT */
export function createDirichlet(size: number): Dirichlet {
  const stepRad = Math.PI / size;
  const stepCos = Math.cos(stepRad);
  const stepSin = Math.sin(stepRad);
  const twiceCos = Math.cos(2 * stepRad);
  const twiceSin = Math.sin(2 * stepRad);
  return {
    into(out, count, position) {
      const nearest = Math.round(position);
      const offBin = position - nearest;
      const sine = -Math.sin(Math.PI * offBin);
      // Even and odd bins turn apart, so that two chains of multiplications run side by side.
      let evenCos = Math.cos(-position * stepRad);
      let evenSin = Math.sin(-position * stepRad);
      let oddCos = evenCos * stepCos - evenSin * stepSin;
      let oddSin = evenSin * stepCos + evenCos * stepSin;
      for (let i = 0; i < count; i += 2) {
        out[i] = (sine * evenCos) / evenSin;
        if (i + 1 < count) out[i + 1] = (sine * oddCos) / oddSin;
        const nextEvenCos = evenCos * twiceCos - evenSin * twiceSin;
        evenSin = evenSin * twiceCos + evenCos * twiceSin;
        evenCos = nextEvenCos;
        const nextOddCos = oddCos * twiceCos - oddSin * twiceSin;
        oddSin = oddSin * twiceCos + oddCos * twiceSin;
        oddCos = nextOddCos;
      }
      // At the peak the rotation's rounding error is large beside the sine it divides by, which may even be zero.
      const peak = ((nearest % size) + size) % size;
      if (peak < count) out[peak] = offBin === 0 ? size : -sine / Math.tan(offBin * stepRad);
      return sine;
    },
  };
}

/** Cosine of a kernel's common phase, which is at most a quarter turn. */
export function cosineOf(sine: number): number {
  return Math.sqrt(1 - sine * sine);
}
