// Generates src/generated/ from csi_feedback.proto: the protobuf.js static module (JavaScript under a .ts name, so that
// tsc carries it into dist), and the table of fields that src/scan.ts checks incoming bytes against. With --check it
// writes nothing and fails where a file differs.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import protobuf from 'protobufjs';
import pbjs from 'protobufjs-cli/pbjs.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const schema = path.join(here, 'csi_feedback.proto');
const notice = '// Generated from csi_feedback.proto by `npm run generate`; do not edit.\n';
const packageName = 'edge_csi.v1';

const unused = [
  '--no-create',
  '--no-verify',
  '--no-convert',
  '--no-delimited',
  '--no-typeurl',
  '--no-service',
  '--no-comments',
];
const options = ['-t', 'static-module', '-w', 'esm', '--es6', '-r', 'edge_csi_v1', '--force-number', ...unused];

/** The kind of check a field's bytes need. */
function wireKind(field) {
  const resolved = field.resolve().resolvedType;
  if (resolved instanceof protobuf.Type) return { kind: 'message', message: resolved.name };
  if (resolved instanceof protobuf.Enum) return { kind: 'uint32', words: enumWords(resolved) };
  return { kind: field.type };
}

/** REPORT_OUTCOME_DECODED of ReportOutcome -> 'decoded'; the index is the number on the wire. */
function enumWords(type) {
  const prefix = `${type.name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_`;
  return Object.entries(type.values).map(([name, number], index) => {
    if (number !== index || !name.startsWith(prefix))
      throw new Error(`${type.name}.${name}: expected ${prefix}* = ${index}`);
    return name.slice(prefix.length).toLowerCase().replaceAll('_', '-');
  });
}

/** Every message's fields by number, as TypeScript source. */
async function wireTable() {
  const root = new protobuf.Root();
  await root.load(schema);
  const messages = root.lookup(packageName).nestedArray.filter((entry) => entry instanceof protobuf.Type);
  const lines = messages.flatMap((message) => [
    `  ${message.name}: {`,
    ...message.fieldsArray.map((field) => {
      const kind = wireKind(field);
      const parts = [`name: '${field.name}'`, `kind: '${kind.kind}'`];
      if (kind.message !== undefined) parts.push(`message: '${kind.message}'`);
      if (kind.words !== undefined) parts.push(`words: [${kind.words.map((word) => `'${word}'`).join(', ')}]`);
      if (field.repeated) parts.push('repeated: true');
      return `    ${field.id}: { ${parts.join(', ')} },`;
    }),
    '  },',
  ]);
  return `${notice}import type { WireTable } from '../wire-field.ts';\n\nexport const wireTable: WireTable = {\n${lines.join('\n')}\n};\n`;
}

/** What the generated code has and nobody uses: a default export, enumerations by name, constructors that copy, unknown fields kept. */
const surplus = [
  /\nexport \{\s*\$root as default\s*\};\s*$/g,
  /\n *v1\.\w+ = \(function\(\) \{\n *const valuesById = [^}]*\n *return values;\n *\}\)\(\);\n/g,
  /(?<=function \(properties\) \{.*(?:\n *this\.\w+ = \[\];)*)\n *if \(properties\)\n.*\n.*\n.*;/g,
  /\n *if \(message\.\$unknowns != null.*\n.*\n.*writer\.raw\(.*/g,
  /\n *if \(!reader\.discardUnknown\) \{\n.*\n.*\$unknowns.*\n *\}/g,
  /\n *let start = reader\.pos;/g,
];

/** The codec module, without its surplus. */
async function codec() {
  const source = await promisify(pbjs.main)([...options, schema]);
  const lean = surplus.reduce((text, pattern) => {
    if (text.search(pattern) < 0) throw new Error(`nothing in the generated code is ${pattern}`);
    return text.replaceAll(pattern, '');
  }, source);
  return `// @ts-nocheck\n${notice}${lean}`;
}

const outputs = {
  'codec.ts': await codec(),
  'wire-table.ts': await wireTable(),
};

const check = process.argv.includes('--check');
for (const [name, content] of Object.entries(outputs)) {
  const file = path.join(here, 'src', 'generated', name);
  if (!check) {
    await writeFile(file, content);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== content) {
    console.error(`proto/src/generated/${name} does not match csi_feedback.proto; run npm run generate`);
    process.exitCode = 1;
  }
}
