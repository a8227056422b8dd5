// Generates src/generated/ from csi_feedback.proto and rules.js: messages.ts, the types, and codec.ts, which reads, checks
// and writes every message. With --check it writes nothing and fails where a file differs.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { forms, rules, wholes } from './rules.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const notice = '// Generated from csi_feedback.proto and rules.js by `npm run generate`; do not edit.\n';

const root = new protobuf.Root();
await root.load(path.join(here, 'csi_feedback.proto'), { alternateCommentMode: true });
root.resolveAll();
const entries = root.lookup('edge_csi.v1').nestedArray;
const enums = entries.filter((entry) => entry instanceof protobuf.Enum);
const types = entries.filter((entry) => entry instanceof protobuf.Type);
const frame = types.find(({ name }) => name === 'Frame');
const messages = types.filter((type) => type !== frame);

const lower = (name) => name[0].toLowerCase() + name.slice(1);
const indent = (text, by) => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

/** REPORT_OUTCOME_DECODED of ReportOutcome -> 'decoded'. Words are in the order of their numbers, from 1: 0 is UNSPECIFIED. */
function wordsOf(type) {
  const prefix = `${type.name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_`;
  const words = Object.entries(type.values).map(([name, number], index) => {
    if (number !== index || !name.startsWith(prefix))
      throw new Error(`${type.name}.${name}: expected ${prefix}* = ${index}`);
    return { word: name.slice(prefix.length).toLowerCase().replaceAll('_', '-'), comment: type.comments[name] };
  });
  return words.slice(1);
}

const constantOf = (enumeration) => `${lower(enumeration.name)}Words`;

/**
 * How a field of each kind is written in TypeScript: its type, its value where the bytes have none, the call that reads it,
 * the call that writes it, and whether a value is that default, which proto3 leaves out.
 */
function kindOf(field) {
  const { resolvedType: resolved, type } = field;
  if (resolved instanceof protobuf.Type) {
    return {
      type: resolved.name,
      wireType: 2,
      read: (index = '') => `read${resolved.name}(from.message(${lower(resolved.name)}Fields${index && `, ${index}`}))`,
      write: (value, at) => `write${resolved.name}(to.fork(), ${value}, ${at}).ldelim()`,
    };
  }
  if (resolved instanceof protobuf.Enum) {
    const words = constantOf(resolved);
    return {
      type: resolved.name,
      wireType: 0,
      words,
      read: (index = '') => `from.word(${words}${index && `, ${index}`})`,
      write: (value) => `to.uint32(${words}.indexOf(${value}) + 1)`,
    };
  }
  const scalar = (typescript, wireType, none, isSet) => ({
    type: typescript,
    wireType,
    none,
    isSet,
    read: () => `from.${type}()`,
    write: (value) => `to.${type}(${value})`,
  });
  if (type === 'uint32') return scalar('number', 0, '0', (value) => `${value} !== 0`);
  if (type === 'bool') return scalar('boolean', 0, 'false', (value) => value);
  if (type === 'double') return scalar('number', 1, '0', (value) => `!Object.is(${value}, 0)`);
  if (type === 'string') return scalar('string', 2, "''", (value) => `${value} !== ''`);
  if (type === 'bytes') return scalar('Uint8Array', 2, undefined, (value) => `${value}.length > 0`);
  throw new Error(`${field.fullName}: no code for a field of type ${type}`);
}

const typeOf = (field) => (field.repeated ? `readonly ${kindOf(field).type}[]` : kindOf(field).type);
const required = (field) => field.options?.proto3_optional === true;
const optional = (field) => rules[field.parent.name]?.[field.name]?.optional === true;

/** A comment of the schema as a documentation comment. */
function doc(comment) {
  if (!comment) return '';
  const lines = comment.split('\n');
  return lines.length === 1
    ? `/** ${comment} */\n`
    : `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

function unionType(enumeration) {
  const words = wordsOf(enumeration);
  const start = `${doc(enumeration.comment)}export type ${enumeration.name} =`;
  if (words.every(({ comment }) => !comment)) return `${start} ${words.map(({ word }) => `'${word}'`).join(' | ')};\n`;
  return `${start}\n${indent(words.map(({ word, comment }) => `${doc(comment)}| '${word}'`).join('\n'), 2)};\n`;
}

function interfaceOf(name, comment, fields) {
  const lines = fields.map((field) => {
    const [mark, otherwise] = optional(field) ? ['?', ' | undefined'] : ['', ''];
    return `${doc(field.comment)}readonly ${field.name}${mark}: ${typeOf(field)}${otherwise};\n`;
  });
  return `${doc(comment)}export interface ${name} {\n${indent(lines.join(''), 2)}}\n`;
}

const messagesSource = [
  `${notice}// The messages as plain objects: required fields present, enumerations as words.\n`,
  ...messages.map(({ name, comment, fieldsArray }) => interfaceOf(name, comment, fieldsArray)),
  ...enums.map(unionType),
  interfaceOf('FrameBodies', 'Every message by the name of its field in Frame.', frame.fieldsArray),
  `/** Name of a message: of its field in Frame. */\nexport type FrameKind = keyof FrameBodies;\n`,
  `${doc(frame.comment)}export type Frame = { readonly [K in FrameKind]: { readonly kind: K; readonly value: FrameBodies[K] } }[FrameKind];\n`,
].join('\n');

/** The fields of a message as the reader needs them, by number. */
function fieldsConstant({ name, fieldsArray }) {
  const lines = Array.from({ length: 1 + Math.max(...fieldsArray.map(({ id }) => id)) }, (_, number) => {
    const field = fieldsArray.find(({ id }) => id === number);
    if (field === undefined) return '  undefined,\n';
    const repeated = field.repeated ? ', repeated: true' : '';
    return `  { name: '${field.name}', wireType: ${kindOf(field).wireType}${repeated} },\n`;
  });
  return `const ${lower(name)}Fields: WireFields = [\n${lines.join('')}];\n`;
}

function declaration(field) {
  const { type, none } = kindOf(field);
  if (field.repeated) return `const ${field.name}: ${type}[] = [];\n`;
  if (none === undefined || required(field) || optional(field)) return `let ${field.name}: ${type} | undefined;\n`;
  return `let ${field.name} = ${none};\n`;
}

function readCase(field) {
  const { wireType, read } = kindOf(field);
  const push = `${field.name}.push(${read(`${field.name}.length`)})`;
  let statement = `${field.name} = ${read()}`;
  if (field.repeated) statement = wireType === 0 ? `from.each(() => ${push})` : push;
  return `case ${field.id}:\n  ${statement};\n  break;\n`;
}

function readFunction({ name, fieldsArray }) {
  const values = fieldsArray.map((field) =>
    field.type === 'bytes' && !required(field) ? `${field.name}: ${field.name} ?? new Uint8Array(0)` : field.name,
  );
  return `function read${name}(from: MessageReader): ${name} {
${indent(fieldsArray.map(declaration).join(''), 2)}  for (;;) {
    switch (from.next()) {
${indent(fieldsArray.map(readCase).join(''), 6)}      default:
        return check${name}({ ${values.join(', ')} }, from.path);
    }
  }
}
`;
}

/** The call that checks a field's value. */
function checkCall(field) {
  const rule = rules[field.parent.name]?.[field.name];
  if (rule === undefined) throw new Error(`rules.js: no rule for ${field.parent.name}.${field.name}`);
  const call = ({ check, args }, value, index) => {
    const all = check === 'word' ? [kindOf(field).words] : args;
    return `${check}(${[value, ...all, 'path', `'${field.name}'`, ...index].join(', ')})`;
  };
  const value = `value.${field.name}`;
  const items = rule.item === undefined ? '' : `${value}.forEach((item, i) => ${call(rule.item, 'item', ['i'])});\n`;
  const checked = `${call(rule, value, [])};\n${items}`;
  if (!rule.optional) return checked;
  // Where a message is there, its own check looks at it.
  return kindOf(field).none === undefined ? '' : `if (${value} !== undefined) ${checked}`;
}

function checkFunction({ name, fieldsArray }) {
  const whole = wholes[name] === undefined ? '' : `  ${wholes[name]}(value as ${name}, path);\n`;
  return `function check${name}(value: Unchecked<${name}>, path: string): ${name} {
  given(value, path);
${indent(fieldsArray.map(checkCall).join(''), 2)}${whole}  return value as ${name};
}
`;
}

function writeStatement(field) {
  const { wireType, write, isSet } = kindOf(field);
  const value = `value.${field.name}`;
  const tag = (type) => `to.uint32(${(field.id << 3) | type})`;
  const at = `\`\${path}.${field.name}\``;
  const tagged = (text) => text.replace('to.', `${tag(wireType)}.`);
  if (field.repeated && wireType === 2) {
    return `${value}.forEach((item, i) => ${tagged(write('item', `\`\${path}.${field.name}[\${i}]\``))});\n`;
  }
  if (field.repeated) return `${tag(2)}.fork();\nfor (const item of ${value}) ${write('item')};\nto.ldelim();\n`;
  const statement = `${tagged(write(value, at))};\n`;
  if (optional(field)) return `if (${isSet === undefined ? `${value} !== undefined` : value}) ${statement}`;
  return isSet === undefined || required(field) ? statement : `if (${isSet(value)}) ${statement}`;
}

function writeFunction({ name, fieldsArray }) {
  return `function write${name}(to: Writer, value: ${name}, path: string): Writer {
  check${name}(value, path);
${indent(fieldsArray.map(writeStatement).join(''), 2)}  return to;
}
`;
}

/** Code of the frame itself: it has one body, which a type of TypeScript's tells from the others. */
function frameFunctions({ fieldsArray }) {
  const reads = fieldsArray.map(({ id, name, resolvedType: { name: type } }) => {
    return `case ${id}:\n  frame = only(frame, { kind: '${name}', value: read${type}(from.message(${lower(type)}Fields)) });\n  break;\n`;
  });
  const writes = fieldsArray.map(({ id, name, resolvedType: { name: type } }) => {
    return `case '${name}':\n  return write${type}(to.uint32(${(id << 3) | 2}).fork(), value, kind).ldelim();\n`;
  });
  return `/** @throws RangeError where the bytes are no frame, naming the field */
export function readFrame(bytes: Uint8Array): Frame {
  const from = new MessageReader(bytes, frameFields);
  let frame: Frame | undefined;
  for (;;) {
    switch (from.next()) {
${indent(reads.join(''), 6)}      default:
        if (frame === undefined) throw new RangeError(bytes.length === 0 ? 'frame: empty' : 'frame: no known body');
        return frame;
    }
  }
}

function only(earlier: Frame | undefined, frame: Frame): Frame {
  if (earlier !== undefined) throw new RangeError('frame: more than one body');
  return frame;
}

/** @throws RangeError where a value is missing or breaks a rule, naming the field */
export function writeFrame({ kind, value }: Frame): Writer {
  const to = Writer.create();
  switch (kind) {
${indent(writes.join(''), 4)}    default:
      throw new RangeError(\`frame: no message is called \${kind}\`);
  }
}
`;
}

const checks = Object.values(rules).flatMap((fields) =>
  Object.values(fields).flatMap(({ check, item }) => [check, item?.check]),
);
const usedChecks = [...new Set(['given', ...checks, ...Object.values(wholes)])]
  .filter((check) => check !== undefined)
  .sort();
const formConstants = Object.entries(forms).map(
  ([name, [pattern, what]]) => `const ${name}: Form = [${pattern}, '${what}'];\n`,
);
const wordConstants = enums.map((type) => {
  const words = wordsOf(type).map(({ word }) => `'${word}'`);
  return `const ${constantOf(type)}: readonly ${type.name}[] = [${words.join(', ')}];\n`;
});

const usedTypes = ['Frame', ...messages.map(({ name }) => name), ...enums.map(({ name }) => name)].sort();

const codecSource = [
  `${notice}import {\n  type Form,\n${usedChecks.map((name) => `  ${name},\n`).join('')}} from '../check.ts';
import { MessageReader, type WireFields } from '../message-reader.ts';
import { Writer } from '../protobuf.ts';
import { maxFrameBytes, maxMessageLength } from '../protocol.ts';
import type {\n${usedTypes.map((name) => `  ${name},\n`).join('')}} from './messages.ts';
`,
  `/** A message whose fields may be missing. */\ntype Unchecked<T> = { readonly [K in keyof T]: T[K] | undefined };\n`,
  formConstants.join(''),
  wordConstants.join(''),
  ...messages.flatMap((type) => [fieldsConstant(type), readFunction(type), checkFunction(type), writeFunction(type)]),
  fieldsConstant(frame),
  frameFunctions(frame),
].join('\n');

const check = process.argv.includes('--check');
for (const [name, content] of Object.entries({ 'messages.ts': messagesSource, 'codec.ts': codecSource })) {
  const file = path.join(here, 'src', 'generated', name);
  if (!check) {
    await writeFile(file, content);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== content) {
    console.error(`proto/src/generated/${name} does not match csi_feedback.proto and rules.js; run npm run generate`);
    process.exitCode = 1;
  }
}
