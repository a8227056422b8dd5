import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AngularDelayCsi } from '@edge-csi/csi';
import type { ModelBundle } from '@edge-csi/models';
import { type CsiReport, decodeFrame } from '@edge-csi/proto';
import { onTestFinished } from 'vitest';
import { writeFolder } from '../../../scripts/model-tools/src/embed/embed-folder.ts';
import { toInt16Csi } from '../../../scripts/model-tools/src/embed/golden-header.ts';

/** Why the C encoder cannot be compiled here, or undefined. */
export function missingCompiler(): string | undefined {
  const { error } = spawnSync('gcc', ['--version']);
  return error === undefined ? undefined : 'gcc is not installed';
}

const strict = ['-std=c99', '-O1', '-Wall', '-Wextra', '-Werror', '-pedantic', '-fsanitize=address,undefined'];
const strictest = [...strict, '-fno-sanitize-recover=all'];

/** A model exported to C99 and compiled for this machine, with every check the compiler has. */
export class CHost {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async build(bundle: ModelBundle, samples: readonly AngularDelayCsi[]): Promise<CHost> {
    const folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-c-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await writeFolder(folder, bundle, samples);
    copyFileSync(fileURLToPath(new URL('./host.c', import.meta.url)), path.join(folder, 'host.c'));
    compile(folder, 'host', ['host.c', 'encoder.c']);
    return new CHost(folder);
  }

  /** Compiles and runs the self-test that is exported with the encoder. @returns what it printed */
  selfTest(): string {
    compile(this.#folder, 'self-test', ['self-test.c']);
    return runProgram(path.join(this.#folder, 'self-test'), Buffer.alloc(0)).toString();
  }

  /** @returns a report for each sample, or the error it was refused with */
  encode(
    samples: readonly AngularDelayCsi[],
    rate: Readonly<Record<'codewordTruncation' | 'phaseTheta', number>>,
  ): (CsiReport | number)[] {
    const requests = samples.map((sample) => {
      const { values, exponent } = toInt16Csi(sample);
      const head = Int32Array.of(exponent, rate.codewordTruncation, rate.phaseTheta);
      return Buffer.concat([Buffer.from(head.buffer), Buffer.from(values.buffer)]);
    });
    const output = runProgram(path.join(this.#folder, 'host'), Buffer.concat(requests));
    let at = 0;
    return samples.map(() => {
      const [result, length] = [output.readInt32LE(at), output.readInt32LE(at + 4)];
      at += 8 + length;
      if (result < 0) return result;
      const frame = decodeFrame(output.subarray(at - length, at));
      if (frame.kind !== 'report') throw new Error(`a frame of kind ${frame.kind}`);
      return frame.value;
    });
  }
}

function compile(folder: string, name: string, sources: readonly string[]): void {
  const { status, stderr } = spawnSync('gcc', [...strictest, '-o', name, ...sources], { cwd: folder });
  if (status !== 0) throw new Error(`gcc: ${stderr}`);
}

function runProgram(program: string, input: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync(program, { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}
