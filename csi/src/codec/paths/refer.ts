import { FRESH, isTaken, type PathCodes } from './codes.ts';
import { probeAt, takeOthers, VALUE } from './correlate.ts';
import { knownPosition } from './known.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/** Probes a known place; `space.cells` are those of a path there. */
export function probeKnown(space: PathSpace, codes: PathCodes, index: number): void {
  const { list } = codes;
  if (list === undefined) return;
  for (let axis = 0; axis < 3; axis++) {
    space.cells[axis] = 0;
    space.beside[axis] = knownPosition(list, index, axis);
  }
  probeAt(space, space.beside);
}

/** The free known place that takes most of what all paths but path k leave; `FRESH` where none is free. */
export function bestKnown(space: PathSpace, codes: PathCodes, k: number): number {
  const { seenRe, seenIm } = space;
  let best = FRESH;
  let most = 0;
  for (let index = 0; index < (codes.list?.count ?? 0); index++) {
    if (codes.reference[k] !== index && isTaken(codes, codes.count, index)) continue;
    probeKnown(space, codes, index);
    takeOthers(space, k, space.products, 0);
    const re = seenRe[VALUE] as number;
    const im = seenIm[VALUE] as number;
    const power = fround(fround(re * re) + fround(im * im));
    if (!(power > most)) continue;
    most = power;
    best = index;
  }
  return best;
}
