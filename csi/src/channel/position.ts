/** A place, in metres, with the BS at the origin and its array along x. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Distance in metres between two places. */
export function distanceBetween(a: Position, b: Position): number {
  const x = a.x - b.x;
  const y = a.y - b.y;
  const z = a.z - b.z;
  // Ten times as fast as Math.hypot, which guards against overflow.
  return Math.sqrt(x * x + y * y + z * z);
}

/** Distance in metres from the BS. */
export function distanceFromBs({ x, y, z }: Position): number {
  return Math.sqrt(x * x + y * y + z * z);
}
