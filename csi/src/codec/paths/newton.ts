import { ontoAxis } from './axis.ts';
import { LONGEST, UPHILL } from './constants.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/**
 * One Newton step on |correlation|^2 from the derivatives `space.seen*` holds (Mamandipoor, Ramasamy and Madhow,
 * "Newtonized orthogonal matching pursuit: frequency estimation over the continuum", IEEE TSP 64(19), 2016).
 *
 * @param place - position of the candidate, `[3]`, bins; gets the next one
 * @returns what the step gains of |correlation|^2, about
 */
export function newtonStep(space: PathSpace, place: Float32Array): number {
  const { seenRe, seenIm, axes } = space;
  const re = seenRe[0] as number;
  const im = seenIm[0] as number;
  // Gradient and Hessian of |c|^2 / 2: Re(c* c_a) and Re(c_a* c_b + c* c_ab).
  const g1 = alike(seenRe, seenIm, 1, re, im);
  const g2 = alike(seenRe, seenIm, 2, re, im);
  const g3 = alike(seenRe, seenIm, 3, re, im);
  const h11 = fround(norm(seenRe, seenIm, 1, 1) + alike(seenRe, seenIm, 4, re, im));
  const h22 = fround(norm(seenRe, seenIm, 2, 2) + alike(seenRe, seenIm, 5, re, im));
  const h33 = fround(norm(seenRe, seenIm, 3, 3) + alike(seenRe, seenIm, 6, re, im));
  const h12 = fround(norm(seenRe, seenIm, 1, 2) + alike(seenRe, seenIm, 7, re, im));
  const h13 = fround(norm(seenRe, seenIm, 1, 3) + alike(seenRe, seenIm, 8, re, im));
  const h23 = fround(norm(seenRe, seenIm, 2, 3) + alike(seenRe, seenIm, 9, re, im));
  const planar = axes[1].count > 1;
  const lone = axes[0].count === 1;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  // LDL' of the negative Hessian, the delay first: the only axis no array lacks.
  const d3 = fround(-h33);
  const l1 = d3 > 0 ? fround(fround(-h13) / d3) : 0;
  const l2 = d3 > 0 ? fround(fround(-h23) / d3) : 0;
  const d1 = fround(fround(-h11) + fround(l1 * h13));
  const m = fround(fround(-h12) + fround(l1 * h23));
  const l21 = d1 > 0 ? fround(m / d1) : 0;
  const d2 = fround(fround(fround(-h22) + fround(l2 * h23)) - fround(l21 * m));
  if (d3 > 0 && (lone || d1 > 0) && (!planar || d2 > 0)) {
    const y1 = fround(g1 - fround(l1 * g3));
    const y2 = fround(fround(g2 - fround(l2 * g3)) - fround(l21 * y1));
    s2 = planar ? fround(y2 / d2) : 0;
    s1 = lone ? 0 : fround(fround(y1 / d1) - fround(l21 * s2));
    s3 = fround(fround(fround(g3 / d3) - fround(l1 * s1)) - fround(l2 * s2));
  } else {
    s1 = lone ? 0 : alone(g1, h11);
    s2 = planar ? alone(g2, h22) : 0;
    s3 = alone(g3, h33);
  }
  s1 = bounded(s1);
  s2 = bounded(s2);
  s3 = bounded(s3);
  place[0] = ontoAxis(axes[0], fround((place[0] as number) + s1));
  place[1] = ontoAxis(axes[1], fround((place[1] as number) + s2));
  place[2] = ontoAxis(axes[2], fround((place[2] as number) + s3));
  return fround(fround(fround(g1 * s1) + fround(g2 * s2)) + fround(g3 * s3));
}

/** A step along one axis: Newton's where the correlation is concave, a short one uphill where it is not. */
function alone(gradient: number, curvature: number): number {
  if (curvature < 0) return fround(gradient / -curvature);
  return gradient > 0 ? UPHILL : gradient < 0 ? -UPHILL : 0;
}

/** Not a number counts as no step. */
function bounded(step: number): number {
  if (step > LONGEST) return LONGEST;
  if (step < -LONGEST) return -LONGEST;
  return step >= -LONGEST ? step : 0;
}

function alike(seenRe: Float32Array, seenIm: Float32Array, of: number, re: number, im: number): number {
  return fround(fround(re * (seenRe[of] as number)) + fround(im * (seenIm[of] as number)));
}

function norm(seenRe: Float32Array, seenIm: Float32Array, a: number, b: number): number {
  return alike(seenRe, seenIm, a, seenRe[b] as number, seenIm[b] as number);
}
