import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AngularDelayCsi, PathCodecSpec } from '@edge-csi/csi';
import { type PathRate, type PropagationPath, pathKernelTables, pathRateNumbers } from '@edge-csi/csi/paths';
import { afterAll } from 'vitest';

/** What the C codec made of a matrix. */
export interface CReport {
  readonly bits: number;
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

/** @returns a report for each matrix, or the error it was refused with */
export function runCHost(
  program: string,
  spec: PathCodecSpec,
  requests: readonly { readonly csi: AngularDelayCsi; readonly rate: PathRate }[],
): (CReport | number)[] {
  const { integers, floats } = pathKernelTables(spec);
  const input = [bytesOf(Int32Array.of(integers.length, floats.length, requests.length))];
  input.push(bytesOf(integers), bytesOf(floats));
  for (const { csi, rate } of requests) {
    const { maxBits, price, target, noise } = pathRateNumbers(rate);
    input.push(bytesOf(Int32Array.of(maxBits)), bytesOf(Float32Array.of(price, target, noise)));
    input.push(bytesOf(csi.values));
  }
  const { status, stdout, stderr } = spawnSync(program, { input: Buffer.concat(input), maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`the C codec ended with ${status}: ${stderr}`);
  let at = 0;
  return requests.map(({ csi }) => {
    const bits = stdout.readInt32LE(at);
    at += 4;
    if (bits < 0) return bits;
    const squaredErrorRatio = stdout.readFloatLE(at);
    const count = stdout.readInt32LE(at + 4);
    const payload = stdout.subarray(at + 8, at + 8 + Math.ceil(bits / 8));
    at += 8 + payload.length;
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
    return { bits, squaredErrorRatio, payload, paths, estimate };
  });
}

function bytesOf(values: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
