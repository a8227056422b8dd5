/** @throws RangeError where `value` is not an integer of at least 1. */
export function requireCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} is ${value}, must be an integer of at least 1`);
  }
}
