/**
 * Says what is wrong with a value, or nothing. The text starts at the path below the value: ': 0 is outside 1..7',
 * '.model.id: ...', '[3]: ...'.
 */
export type Rule<T> = (value: T) => string | undefined;

const maxUint32 = 2 ** 32 - 1;

export function integer(min: number, max = maxUint32): Rule<number> {
  return (value) => {
    if (value === undefined) return ': missing';
    return Number.isInteger(value) && value >= min && value <= max ? undefined : `: ${value} is outside ${min}..${max}`;
  };
}

export function duration(): Rule<number> {
  return (value) => (Number.isFinite(value) && value >= 0 ? undefined : `: ${value} is not a duration in milliseconds`);
}

export function flag(): Rule<boolean> {
  return (value) => (typeof value === 'boolean' ? undefined : `: ${value} is neither true nor false`);
}

export function bytes(minLength: number, maxLength: number): Rule<Uint8Array> {
  const wanted = minLength === maxLength ? `${minLength}` : `${minLength}..${maxLength}`;
  return (value) => {
    if (!(value instanceof Uint8Array)) return ': missing';
    return value.length >= minLength && value.length <= maxLength
      ? undefined
      : `: ${value.length} bytes, expected ${wanted}`;
  };
}

/** @param what the pattern in words */
export function matching(pattern: RegExp, what: string): Rule<string> {
  return (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `: ${quoted(value)} is not ${what}`;
}

export function text(maxLength: number): Rule<string> {
  return (value) => {
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) return ': not a well-formed string';
    return value.length <= maxLength ? undefined : `: ${value.length} characters, at most ${maxLength}`;
  };
}

export function oneOf<T extends string>(words: readonly T[]): Rule<T> {
  return (value) => (words.includes(value) ? undefined : `: ${quoted(value)} is not one of ${words.join(', ')}`);
}

export function list<T>(item: Rule<T>, minLength: number, maxLength: number): Rule<readonly T[]> {
  return (values) => {
    if (!Array.isArray(values)) return ': missing';
    if (values.length < minLength || values.length > maxLength) {
      return `: ${values.length} entries, expected ${minLength}..${maxLength}`;
    }
    for (let i = 0; i < values.length; i++) {
      const problem = item(values[i]);
      if (problem !== undefined) return `[${i}]${problem}`;
    }
    return undefined;
  };
}

/** Checks every field, in the order given, then the fields against each other. */
export function record<T extends object>(fields: { readonly [K in keyof T]-?: Rule<T[K]> }, whole?: Rule<T>): Rule<T> {
  const entries = Object.entries(fields) as [keyof T & string, Rule<unknown>][];
  return (value) => {
    if (typeof value !== 'object' || value === null) return ': missing';
    for (const [name, rule] of entries) {
      const problem = rule(value[name]);
      if (problem !== undefined) return `.${name}${problem}`;
    }
    return whole?.(value);
  };
}

/** Short enough for a log line whatever the other end sent. */
function quoted(value: unknown): string {
  const quotedText = JSON.stringify(value) ?? 'undefined';
  return quotedText.length <= 80 ? quotedText : `${quotedText.slice(0, 77)}...`;
}
