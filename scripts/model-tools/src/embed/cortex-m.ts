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
  /** Floating-point unit of single precision. */
  readonly fpu: string;
  readonly flash: string;
  readonly ram: string;
}

const boards: readonly Board[] = [
  { core: 'cortex-m4', machine: 'mps2-an386', fpu: 'fpv4-sp-d16', flash: '0x0', ram: '0x20000000' },
  { core: 'cortex-m7', machine: 'mps2-an500', fpu: 'fpv5-sp-d16', flash: '0x0', ram: '0x20000000' },
  { core: 'cortex-m33', machine: 'mps2-an505', fpu: 'fpv5-sp-d16', flash: '0x10000000', ram: '0x38000000' },
];

/** What is compiled of an exported folder, and how. */
interface Sources {
  /** The least program that uses the encoder. */
  readonly minimal: string;
  /** The encoder, beside it. */
  readonly encoder: readonly string[];
  /** Files that the self-test needs besides itself. */
  readonly beside: readonly string[];
  flags(board: Board): readonly string[];
}

/** Integers throughout. The self-test includes its encoder. */
const networkSources: Sources = { minimal: 'footprint.c', encoder: ['encoder.c'], beside: [], flags: () => ['-O2'] };

const pathSources: Sources = {
  minimal: 'paths-footprint.c',
  encoder: ['paths.c', 'paths-moving.c'],
  beside: ['paths.c', 'paths-moving.c'],
  flags: ({ fpu }) => ['-Os', '-mfloat-abi=hard', `-mfpu=${fpu}`, '-ffp-contract=off', '-fno-math-errno'],
};

/** What an encoder takes on one core. */
export interface Footprint {
  readonly core: string;
  /** Code and constants with everything they call, without the self-test. */
  readonly flashBytes: number;
  /** One encoder, one CSI buffer, and the stack. */
  readonly ramBytes: number;
  readonly stackBytes: number;
  /** Instructions from CSI to frame, or to payload, counted by QEMU on the first golden vector. */
  readonly instructions: number;
  /** The same of every vector that the self-test counts. */
  readonly instructionsByVector: readonly number[];
  /** Golden vectors whose frames or payloads came out equal to the last byte: all, or measuring fails. */
  readonly vectorsEqual: number;
  /** Whether SMLAD ran and gave what the portable loop gives; path reports have no use for it. */
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
 * @param kind - what the folder is an export of
 * @param cores - those to run on; default all
 * @param defines - macros that the codec is compiled with
 * @throws Error where a compiler fails or a golden vector differs, with the output.
 */
export async function measureOnCortexM(
  folder: string,
  kind: 'network' | 'paths' = 'network',
  cores: readonly string[] = boards.map(({ core }) => core),
  defines: readonly string[] = [],
): Promise<Footprint[]> {
  const chosen = kind === 'paths' ? pathSources : networkSources;
  const macros = defines.map((define) => `-D${define}`);
  const sources: Sources = { ...chosen, flags: (board) => [...chosen.flags(board), ...macros] };
  const work = await mkdtemp(path.join(tmpdir(), 'edge-csi-embed-'));
  try {
    const footprints: Footprint[] = [];
    for (const board of boards) {
      if (cores.includes(board.core)) footprints.push(await measureOn(board, folder, work, sources));
    }
    return footprints;
  } finally {
    await rm(work, { recursive: true });
  }
}

async function measureOn(board: Board, folder: string, work: string, sources: Sources): Promise<Footprint> {
  const { core, machine, flash, ram } = board;
  const { minimal: least, encoder, beside, flags } = sources;
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  const target = [`-mcpu=${core}`, '-mthumb', ...flags(board), ...warnings, '-ffreestanding', '-nostdlib'];
  const libraries = ['-lc', '-lgcc'];
  const sections = ['-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections', '-Wl,-e,main', '-I', folder];
  const minimal = path.join(work, `minimal-${core}.elf`);
  const program = [embedFile(least), ...encoder.map((name) => path.join(folder, name))];
  await run(compiler, ['-std=c99', ...target, ...sections, '-o', minimal, ...program, ...libraries]);
  const { text, bss } = parseSize((await run('arm-none-eabi-size', [minimal])).stdout);

  const test = path.join(work, `self-test-${core}.elf`);
  const memory = ['-T', embedFile('cortex-m.ld'), `-Wl,--defsym=FLASH=${flash}`, `-Wl,--defsym=RAM=${ram}`];
  const harness = ['-DEDGE_CSI_CORTEX_M', '-I', path.dirname(embedFile('cortex-m.h')), ...memory];
  const selfTest = ['self-test.c', ...beside].map((name) => path.join(folder, name));
  // GNU C, for the harness's inline assembly; the encoder itself was compiled as C99 above.
  await run(compiler, ['-std=gnu99', ...target, ...sections, ...harness, '-o', test, ...selfTest, ...libraries]);
  // An instruction takes a nanosecond of virtual time, whatever the host does meanwhile.
  const machineOptions = ['-M', machine, '-nographic', '-monitor', 'none', '-serial', 'none', '-icount', 'shift=0'];
  const semihosting = ['-semihosting-config', 'enable=on,target=native', '-kernel', test];
  const { stdout, stderr } = await run(emulator, [...machineOptions, ...semihosting], { timeout: timeoutMs });
  // Semihosting writes where QEMU's own messages go.
  const output = `${stdout}${stderr}`;
  const numbers = (name: string) => Array.from(output.matchAll(RegExp(`^${name} (\\d+)$`, 'gm')), ([, n]) => Number(n));
  const number = (name: string) => numbers(name)[0] ?? Number.NaN;
  return {
    core,
    flashBytes: text,
    ramBytes: bss + number('stack'),
    stackBytes: number('stack'),
    instructions: number('instructions'),
    instructionsByVector: numbers('instructions'),
    vectorsEqual: number('vectors equal'),
    simdEqual: /^simd equals portable$/m.test(output),
  };
}

/** The second line of what `size` prints; initialised data counts in both. */
function parseSize(output: string): { text: number; bss: number } {
  const [text = 0, data = 0, bss = 0] = (output.split('\n')[1] ?? '').trim().split(/\s+/).map(Number);
  return { text: text + data, bss: bss + data };
}
