import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AngularDelayCsi, PathCodecSpec } from '@edge-csi/csi';
import {
  type KnownPaths,
  type PathRate,
  type PropagationPath,
  pathKernelTables,
  pathRateNumbers,
} from '@edge-csi/csi/paths';
import { afterAll } from 'vitest';

/** What the C codec made of a matrix. */
export interface CReport {
  readonly bits: number;
  readonly refers: boolean;
  readonly squaredErrorRatio: number;
  readonly payload: Buffer;
  readonly paths: readonly PropagationPath[];
  readonly estimate: Float32Array;
}

const kernelFolder = fileURLToPath(new URL('../../../ue-client/kernel/', import.meta.url));

/** Why the C codec cannot be compiled here, or undefined. */
export function missingCompiler(): string | undefined {
  const { error } = spawnSync('gcc', ['--version']);
  return error === undefined ? undefined : 'gcc is not installed';
}

const strict = ['-std=c99', '-O1', '-Wall', '-Wextra', '-Werror', '-pedantic', '-ffp-contract=off', '-fno-math-errno'];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Compiles the C codec for this machine, with every check the compiler has, until all tests have run. @returns the program */
export function buildCHost(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-paths-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const program = path.join(folder, 'host');
  const sources = [fileURLToPath(new URL('./host.c', import.meta.url)), path.join(kernelFolder, 'paths.c')];
  const { status, stderr } = spawnSync('gcc', [
    ...strict,
    ...sanitizers,
    '-I',
    kernelFolder,
    '-o',
    program,
    ...sources,
  ]);
  if (status !== 0) throw new Error(`gcc: ${stderr}`);
  return program;
}

/** A matrix and how it is to be reported. */
export interface CRequest {
  readonly csi: AngularDelayCsi;
  readonly rate: PathRate;
  readonly known?: KnownPaths | undefined;
}

/** @returns a report for each matrix, or the error it was refused with */
export function runCHost(program: string, spec: PathCodecSpec, requests: readonly CRequest[]): (CReport | number)[] {
  const input: Uint8Array[] = [];
  for (const { csi, rate, known } of requests) {
    const { maxBits, price, target, noise } = pathRateNumbers(rate);
    input.push(bytesOf(Int32Array.of(maxBits)), bytesOf(Float32Array.of(price, target, noise)));
    input.push(structOf(known), bytesOf(csi.values));
  }
  const stdout = run(program, spec, [requests.length, 0, 0], input);
  let at = 0;
  return requests.map(({ csi }) => {
    const bits = stdout.readInt32LE(at);
    at += 4;
    if (bits < 0) return bits;
    const refers = stdout.readInt32LE(at) !== 0;
    const squaredErrorRatio = stdout.readFloatLE(at + 4);
    const count = stdout.readInt32LE(at + 8);
    const payload = stdout.subarray(at + 12, at + 12 + Math.ceil(bits / 8));
    at += 12 + payload.length;
    const paths = Array.from({ length: count }, (_, k): PropagationPath => {
      const number = (i: number) => stdout.readFloatLE(at + 20 * k + 4 * i);
      return {
        spatialFrequency: [number(0), number(1)],
        delaySamples: number(2),
        gainRe: number(3),
        gainIm: number(4),
      };
    });
    at += 20 * count;
    const estimate = new Float32Array(csi.values.length);
    new Uint8Array(estimate.buffer).set(stdout.subarray(at, at + estimate.byteLength));
    at += estimate.byteLength;
    return { bits, refers, squaredErrorRatio, payload, paths, estimate };
  });
}

/** @returns the list of each hint, or the error it was refused with */
export function readCHints(
  program: string,
  spec: PathCodecSpec,
  hints: readonly { readonly version: number; readonly bytes: Uint8Array }[],
): (KnownPaths | number)[] {
  const input = hints.flatMap(({ version, bytes }) => [bytesOf(Int32Array.of(version, bytes.length)), bytes]);
  const stdout = run(program, spec, [0, hints.length, 0], input);
  let at = 0;
  return hints.map(({ version }) => {
    const count = stdout.readInt32LE(at);
    at += 4;
    if (count < 0) return count;
    const check = stdout.readInt32LE(at);
    at += 4;
    const cells = Int32Array.from({ length: 3 * count }, (_, i) => stdout.readInt32LE(at + 4 * i));
    at += cells.byteLength;
    return { version, cells, count, check };
  });
}

/** A report that the BS has decoded. */
export interface CDecodedReport {
  readonly seq: number;
  readonly payload: Uint8Array;
  /** What it refers to. */
  readonly referred: KnownPaths | undefined;
  /** The list of a hint. */
  readonly hinted: KnownPaths | undefined;
}

/** @returns the list of each report and hint */
export function rememberInC(program: string, spec: PathCodecSpec, reports: readonly CDecodedReport[]): KnownPaths[] {
  const input = reports.flatMap(({ seq, payload, referred, hinted }) => [
    ...[bytesOf(Int32Array.of(seq, payload.length)), structOf(referred), structOf(hinted), payload],
  ]);
  const stdout = run(program, spec, [0, 0, reports.length], input);
  return reports.map((_, i): KnownPaths => {
    const at = i * structBytes;
    const count = stdout.readInt32LE(at + 4);
    const cells = Int32Array.from({ length: 3 * count }, (_, i) => stdout.readInt32LE(at + 12 + 4 * i));
    return { version: stdout.readUInt32LE(at), cells, count, check: stdout.readInt32LE(at + 8) };
  });
}

/** Of edge_csi_paths_known: version, count, check, then the cells of 24 places. */
const structBytes = 4 * (3 + 3 * 24);

function structOf(known: KnownPaths | undefined): Uint8Array {
  const list = new Int32Array(structBytes / 4);
  if (known) list.set([known.version, known.count, known.check, ...known.cells]);
  return bytesOf(list);
}

/** @param counts - of matrices, hints and decoded reports @returns the output */
function run(
  program: string,
  spec: PathCodecSpec,
  counts: readonly [number, number, number],
  rest: readonly Uint8Array[],
): Buffer {
  const { integers, floats } = pathKernelTables(spec);
  const sizes = Int32Array.of(integers.length, floats.length, ...counts);
  const input = Buffer.concat([bytesOf(sizes), bytesOf(integers), bytesOf(floats), ...rest]);
  const { status, stdout, stderr } = spawnSync(program, { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`the C codec ended with ${status}: ${stderr}`);
  return stdout;
}

function bytesOf(values: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
