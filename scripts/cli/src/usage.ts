import { UsageError } from '@edge-csi/lab/usage-error';

/** Parser of an integer option for commander, with inclusive bounds. */
export function integer(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new UsageError(`${option} is '${text}', give an integer from ${min} to ${max}`);
    }
    return value;
  };
}

/** Parser of a finite number option for commander, with inclusive bounds. */
export function finite(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max)) {
      throw new UsageError(`${option} is '${text}', give a number from ${min} to ${max}`);
    }
    return value;
  };
}

/** Parser of a comma-separated list with at least one item for commander. */
export function list(option: string): (text: string) => string[] {
  return (text) => {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    if (items.length === 0) throw new UsageError(`${option} is '${text}', give a list like a,b`);
    return items;
  };
}

/** Parser of a comma-separated list of finite numbers for commander, with inclusive bounds. */
export function numbers(option: string, min: number, max: number): (text: string) => number[] {
  return (text) => list(option)(text).map(finite(option, min, max));
}

/** Parser of a comma-separated list of integers for commander, with inclusive bounds. */
export function integers(option: string, min: number, max: number): (text: string) => number[] {
  return (text) => list(option)(text).map(integer(option, min, max));
}
