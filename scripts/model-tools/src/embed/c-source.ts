/** A C array definition, `static const <type> <name>[...] = {...};`. */
export function cArray(type: string, name: string, values: Iterable<number | bigint | string>): string {
  const items = Array.from(values, String);
  return `static const ${type} ${name}[${items.length}] = {\n${cItems(items)}\n};`;
}

/** Lines of an array, a comma after each item. */
export function cItems(items: readonly string[]): string {
  const lines: string[] = [];
  let line = ' ';
  for (const item of items) {
    if (line.length + item.length + 2 > 120) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${item},`;
  }
  return [...lines, line].join('\n');
}

/** `#define` lines, names prefixed. */
export function cDefines(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `#define EDGE_CSI_${name} ${value}`)
    .join('\n');
}
