/** A C array definition, `static const <type> <name>[...] = {...};`. */
export function cArray(type: string, name: string, values: Iterable<number | bigint | string>): string {
  const items = Array.from(values, String);
  const lines: string[] = [];
  let line = ' ';
  for (const item of items) {
    if (line.length + item.length + 2 > 120) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${item},`;
  }
  return `static const ${type} ${name}[${items.length}] = {\n${[...lines, line].join('\n')}\n};`;
}

/** `#define` lines, names prefixed. */
export function cDefines(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `#define EDGE_CSI_${name} ${value}`)
    .join('\n');
}
