import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { embedFile } from './embed-folder.ts';

/** A core, and a board of QEMU's that has it. */
interface Board {
  readonly core: string;
  readonly machine: string;
  readonly flash: string;
  readonly ram: string;
}

const boards: readonly Board[] = [
  { core: 'cortex-m4', machine: 'mps2-an386', flash: '0x0', ram: '0x20000000' },
  { core: 'cortex-m7', machine: 'mps2-an500', flash: '0x0', ram: '0x20000000' },
  { core: 'cortex-m33', machine: 'mps2-an505', flash: '0x10000000', ram: '0x38000000' },
];

/** What an encoder takes on one core. */
export interface Footprint {
  readonly core: string;
  /** Code and constants with everything they call, without the self-test. */
  readonly flashBytes: number;
  /** One encoder, one int16 CSI buffer, and the stack. */
  readonly ramBytes: number;
  readonly stackBytes: number;
  /** Instructions from CSI to frame, counted by QEMU on the first golden vector. */
  readonly instructions: number;
  /** Golden vectors whose frames came out equal to the last byte: all, or measuring fails. */
  readonly vectorsEqual: number;
  /** Whether SMLAD ran and gave what the portable loop gives. */
  readonly simdEqual: boolean;
}

const run = promisify(execFile);
const compiler = 'arm-none-eabi-gcc';
const emulator = 'qemu-system-arm';
const timeoutMs = 120_000;

/** Why nothing can be measured here, or undefined. */
export async function missingToolchain(): Promise<string | undefined> {
  for (const [program, debianPackage] of [
    [compiler, 'gcc-arm-none-eabi'],
    [emulator, 'qemu-system-arm'],
  ] as const) {
    const found = await run(program, ['--version']).catch(() => undefined);
    if (found === undefined) return `${program} is not installed (Debian: apt-get install ${debianPackage})`;
  }
  return undefined;
}

/**
 * Runs the self-test of an exported folder on each core under QEMU, and measures.
 *
 * @throws Error where a compiler fails or a golden vector differs, with the output.
 */
export async function measureOnCortexM(folder: string): Promise<Footprint[]> {
  const work = await mkdtemp(path.join(tmpdir(), 'edge-csi-embed-'));
  try {
    const footprints: Footprint[] = [];
    for (const board of boards) footprints.push(await measureOn(board, folder, work));
    return footprints;
  } finally {
    await rm(work, { recursive: true });
  }
}

async function measureOn(board: Board, folder: string, work: string): Promise<Footprint> {
  const { core, machine, flash, ram } = board;
  const target = [`-mcpu=${core}`, '-mthumb', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib'];
  const sections = ['-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections', '-Wl,-e,main', '-I', folder];
  const minimal = path.join(work, `minimal-${core}.elf`);
  const sources = [embedFile('footprint.c'), path.join(folder, 'encoder.c')];
  await run(compiler, ['-std=c99', ...target, ...sections, '-o', minimal, ...sources, '-lgcc']);
  const { text, bss } = parseSize((await run('arm-none-eabi-size', [minimal])).stdout);

  const test = path.join(work, `self-test-${core}.elf`);
  const memory = ['-T', embedFile('cortex-m.ld'), `-Wl,--defsym=FLASH=${flash}`, `-Wl,--defsym=RAM=${ram}`];
  const harness = ['-DEDGE_CSI_CORTEX_M', '-I', path.dirname(embedFile('cortex-m.h')), ...memory];
  const selfTest = path.join(folder, 'self-test.c');
  // GNU C, for the harness's inline assembly; the encoder itself was compiled as C99 above.
  await run(compiler, ['-std=gnu99', ...target, ...sections, ...harness, '-o', test, selfTest, '-lgcc']);
  // An instruction takes a nanosecond of virtual time, whatever the host does meanwhile.
  const machineOptions = ['-M', machine, '-nographic', '-monitor', 'none', '-serial', 'none', '-icount', 'shift=0'];
  const semihosting = ['-semihosting-config', 'enable=on,target=native', '-kernel', test];
  const { stdout, stderr } = await run(emulator, [...machineOptions, ...semihosting], { timeout: timeoutMs });
  // Semihosting writes where QEMU's own messages go.
  const said = new Map(`${stdout}${stderr}`.split('\n').map((line) => [line.replace(/ \d+$/, ''), line] as const));
  const number = (name: string) => Number(said.get(name)?.match(/ (\d+)$/)?.[1]);
  return {
    core,
    flashBytes: text,
    ramBytes: bss + number('stack'),
    stackBytes: number('stack'),
    instructions: number('instructions'),
    vectorsEqual: number('vectors equal'),
    simdEqual: said.has('simd equals portable'),
  };
}

/** The second line of what `size` prints; initialised data counts in both. */
function parseSize(output: string): { text: number; bss: number } {
  const [text = 0, data = 0, bss = 0] = (output.split('\n')[1] ?? '').trim().split(/\s+/).map(Number);
  return { text: text + data, bss: bss + data };
}
