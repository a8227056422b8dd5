import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec, indoorPathTables, type PathRate } from '@edge-csi/csi/paths';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cArray } from '../../../scripts/model-tools/src/embed/c-source.ts';
import { missingToolchain } from '../../../scripts/model-tools/src/embed/cortex-m.ts';
import { embedFile } from '../../../scripts/model-tools/src/embed/embed-folder.ts';
import { floatLiteral, pathModelHeader } from '../../../scripts/model-tools/src/embed/path-model-header.ts';
import { angularDelay, goldenArray, planar, scenarios } from '../../unit/csi/golden.ts';
import { kernelFolder } from './c-host.ts';

const missing = await missingToolchain();
console.log(
  missing === undefined ? 'path codec on Cortex-M4: runs under QEMU' : `path codec on Cortex-M4: skipped, ${missing}`,
);

const spec = pathCodecSpec({
  antennas: 32,
  numDelays: 32,
  numSubcarriers: 1024,
  maxPaths: 12,
  tables: indoorPathTables,
});
const rates: readonly PathRate[] = [
  { mode: 'quality', bitPrice: Math.fround(1e-4), noiseVariance: 0 },
  { mode: 'quality', bitPrice: Math.fround(1e-4) },
  { mode: 'cap', maxBits: 200, noiseVariance: 0 },
];

/** Golden matrices with the payloads that TypeScript makes of them, as C. @returns paths of each report, too */
async function goldenHeader(): Promise<{ readonly text: string; readonly numPaths: readonly number[] }> {
  const codec = createPathCodec(spec);
  const arrays: string[] = [];
  const rows: string[] = [];
  const numPaths: number[] = [];
  for (const scenario of scenarios) {
    const matrices = await goldenArray(scenario, 'downlink');
    for (let i = 0; i < 3; i++) {
      const csi = angularDelay(32, 32, planar(matrices.data.slice(2048 * i, 2048 * (i + 1))));
      const name = `${scenario.scenario}_${i}`;
      arrays.push(cArray('float', `csi_${name}`, Array.from(csi.values, floatLiteral)));
      for (const [m, rate] of rates.entries()) {
        const report = codec.encode(csi, rate);
        numPaths.push(report.numPaths);
        arrays.push(cArray('uint8_t', `payload_${name}_${m}`, report.payload));
        const price = 'bitPrice' in rate ? floatLiteral(rate.bitPrice) : '0';
        const cRate = `{${rate.maxBits ?? 2000}, ${price}, 0, ${rate.noiseVariance ?? -1}}`;
        rows.push(`{csi_${name}, ${cRate}, payload_${name}_${m}, ${report.payload.length}, ${report.bits}}`);
      }
    }
  }
  const text = `#include "paths.h"
typedef struct {
  const float *csi;
  edge_csi_paths_rate rate;
  const uint8_t *payload;
  uint32_t bytes;
  int32_t bits;
} golden_report;
#define GOLDEN_VALUES 2048
${arrays.join('\n')}
static const golden_report goldens[] = {${rows.join(', ')}};
`;
  return { text, numPaths };
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

describe.runIf(missing === undefined)('the path codec on Cortex-M4', () => {
  it('writes the payloads of TypeScript in 20 KB of flash, 32 KB of RAM and 4 M instructions for 8 paths', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-paths-m-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { text, numPaths } = await goldenHeader();
    writeFileSync(path.join(folder, 'golden.h'), text);
    writeFileSync(path.join(folder, 'paths-model.h'), pathModelHeader(spec));
    const core = ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16', '-Os', '-ffreestanding'];
    const math = ['-ffp-contract=off', '-fno-math-errno', '-Wall', '-Wextra', '-Werror'];
    const sections = ['-nostdlib', '-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections'];
    const include = ['-I', folder, '-I', kernelFolder, '-I', path.dirname(embedFile('cortex-m.h'))];
    const flags = [...core, ...math, ...sections, ...include];
    const sourceOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const codec = path.join(kernelFolder, 'paths.c');
    const libraries = ['-lc', '-lgcc'];

    const minimal = path.join(folder, 'minimal.elf');
    run('arm-none-eabi-gcc', [
      '-std=c99',
      ...flags,
      '-Wl,-e,main',
      '-o',
      minimal,
      sourceOf('footprint.c'),
      codec,
      ...libraries,
    ]);
    const [, sizes = ''] = run('arm-none-eabi-size', [minimal]).split('\n');
    const [code = 0, data = 0, bss = 0] = sizes.trim().split(/\s+/).map(Number);

    const program = path.join(folder, 'test.elf');
    const memory = ['-T', embedFile('cortex-m.ld'), '-Wl,--defsym=FLASH=0x0', '-Wl,--defsym=RAM=0x20000000'];
    run('arm-none-eabi-gcc', [
      '-std=gnu99',
      ...flags,
      ...memory,
      '-o',
      program,
      sourceOf('cortex-m.c'),
      codec,
      ...libraries,
    ]);
    const machine = ['-M', 'mps2-an386', '-nographic', '-monitor', 'none', '-serial', 'none', '-icount', 'shift=0'];
    const output = run('qemu-system-arm', [
      ...machine,
      ...['-semihosting-config', 'enable=on,target=native', '-kernel', program],
    ]);
    const numbers = (name: string) =>
      [...output.matchAll(new RegExp(`^${name} (\\d+)$`, 'gm'))].map(([, n]) => Number(n));
    const instructions = numbers('instructions');
    const [stack = 0] = numbers('stack');
    console.log(`flash ${code + data} bytes, RAM ${bss + stack}; instructions by paths, rate by rate:`);
    console.log(instructions.map((count, i) => `${numPaths[i]}: ${(count / 1e6).toFixed(2)} M`).join(', '));
    expect(numbers('equal')).toEqual([numPaths.length]);
    expect(code + data).toBeLessThan(20 * 1024);
    expect(bss + stack).toBeLessThan(32 * 1024);
    for (const [i, count] of instructions.entries()) {
      if (i % rates.length < 2 && (numPaths[i] as number) <= 8) expect(count).toBeLessThan(4e6);
    }
  }, 120_000);
});
