import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AngularDelayCsi, PathCodecSpec } from '@edge-csi/csi';
import {
  createKnownPaths,
  createMovingPathCodec,
  createPathCodec,
  type DopplerSpec,
  type EarlierCsi,
  type KnownPaths,
  type PathRate,
  pathRateNumbers,
  stillSpecOf,
} from '@edge-csi/csi/paths';
import { type PathManifest, pathsSpecOf } from '@edge-csi/models';
import { cArray } from './c-source.ts';
import { embedFile } from './embed-folder.ts';
import { floatLiteral, pathModelHeader } from './path-model-header.ts';

/** A matrix of the self-test, and how it is reported. */
export interface PathVector {
  readonly csi: AngularDelayCsi;
  readonly rate: PathRate;
  /** Where a report may refer to a list. */
  readonly known?: KnownPaths;
  /** Where a report may be made of several matrices. */
  readonly earlier?: EarlierCsi;
}

/** How matrices of the self-test are reported, in turn: by a price, with the noise estimated and without, and by caps. */
const rates: readonly PathRate[] = [
  { mode: 'quality', bitPrice: Math.fround(1e-4), noiseVariance: 0 },
  { mode: 'quality', bitPrice: Math.fround(1e-4) },
  { mode: 'cap', maxBits: 200, noiseVariance: 0 },
  { mode: 'cap', maxBits: 80 },
];

/**
 * Matrices of a data set as the self-test reports them: each by itself, the last also with the paths of its first report known;
 * of a model with Doppler shifts each with what a UE that moves might have measured before.
 */
export function pathVectors(manifest: PathManifest, samples: readonly AngularDelayCsi[]): PathVector[] {
  const vectors: PathVector[] = samples.map((csi, i) => ({ csi, rate: rates[i % rates.length] as PathRate }));
  const { doppler } = manifest.paths;
  if (doppler !== false)
    return vectors.map((vector) => ({ ...vector, earlier: turning(vector.csi, doppler.measurements) }));
  const last = vectors.at(-1);
  if (last === undefined) return vectors;
  const { spec, encode, decodePaths } = createPathCodec(pathsSpecOf(manifest).codec);
  const { payload, bits } = encode(last.csi, last.rate);
  return [...vectors, { ...last, known: createKnownPaths(spec, 1, decodePaths(payload, bits)) }];
}

/** Matrices before one, each of whose angles has a Doppler shift of its own. */
function turning(csi: AngularDelayCsi, measurements: number): EarlierCsi {
  const entries = csi.values.length / 2;
  const matrices = Array.from({ length: measurements - 1 }, (_, k): AngularDelayCsi => {
    const values = new Float32Array(csi.values.length);
    for (let i = 0; i < entries; i++) {
      const turnRad = Math.sin(Math.floor(i / csi.numDelays)) * (k + 1 - measurements);
      const [re, im] = [csi.values[i] as number, csi.values[entries + i] as number];
      values[i] = re * Math.cos(turnRad) - im * Math.sin(turnRad);
      values[entries + i] = re * Math.sin(turnRad) + im * Math.cos(turnRad);
    }
    return { ...csi, values };
  });
  return { spacingSlots: 20, matrices };
}

/**
 * Writes a path model's codec as C99 into a folder, which is made where it does not exist.
 *
 * @param vectors - matrices for the golden vectors of the self-test
 * @returns names of the files written
 */
export async function writePathFolder(
  folder: string,
  manifest: PathManifest,
  vectors: readonly PathVector[],
): Promise<string[]> {
  const { codec } = pathsSpecOf(manifest);
  const { antennas, numDelays, maxPaths, response } = codec;
  const placeholders: Readonly<Record<string, string>> = {
    id: manifest.id,
    antennas: antennas[1] === 1 ? String(antennas[0]) : `(${antennas.join(' x ')})`,
    delays: String(numDelays),
    paths: String(maxPaths),
    response: response === undefined ? '' : ', the response of its array among them',
    moving: codec.doppler === false ? '' : await readFile(embedFile('README-moving.template.md'), 'utf8'),
  };
  const generated = {
    'paths-model.h': pathModelHeader(codec),
    'golden.h': pathGoldenHeader(codec, vectors),
    'README.md': (await readFile(embedFile('README-paths.template.md'), 'utf8')).replace(
      /\{\{(\w+)\}\}/g,
      (_, name: string) => placeholders[name] as string,
    ),
  };
  await mkdir(folder, { recursive: true });
  const kernel = path.dirname(fileURLToPath(import.meta.resolve('@edge-csi/ue-client/kernel/paths.c')));
  const sources = (await readdir(kernel)).filter((name) => /^paths.*\.[ch]$/.test(name)).sort();
  for (const name of sources) await copyFile(path.join(kernel, name), path.join(folder, name));
  await copyFile(embedFile('paths-main.c'), path.join(folder, 'main.c'));
  await copyFile(embedFile('paths-self-test.c'), path.join(folder, 'self-test.c'));
  for (const [name, text] of Object.entries(generated)) await writeFile(path.join(folder, name), text);
  return [...sources, 'main.c', 'self-test.c', ...Object.keys(generated)];
}

/** The text of golden.h: CSI of a data set, and the payloads that the TypeScript codec makes of it. */
function pathGoldenHeader(spec: PathCodecSpec, vectors: readonly PathVector[]): string {
  const isMoving = spec.doppler !== false;
  const encode = isMoving ? createMovingPathCodec(spec).encode : undefined;
  const codec = createPathCodec(stillSpecOf(spec));
  const arrays: string[] = [];
  const rows: string[] = [];
  // Matrices may be reported at several rates.
  const names = new Map<AngularDelayCsi, string>();
  const nameOf = (csi: AngularDelayCsi): string => {
    const name = names.get(csi) ?? `edge_csi_golden_csi_${names.size}`;
    if (!names.has(csi)) arrays.push(cArray('float', name, Array.from(csi.values, floatLiteral)));
    names.set(csi, name);
    return name;
  };
  for (const [i, { csi, rate, known, earlier }] of vectors.entries()) {
    const name = nameOf(csi);
    const { payload, bits } = encode ? encode(csi, rate, earlier) : codec.encode(csi, rate, known);
    arrays.push(cArray('uint8_t', `edge_csi_golden_payload_${i}`, payload));
    const { maxBits, price, target, noise } = pathRateNumbers(rate);
    const numbers = [maxBits, ...[price, target, noise].map(floatLiteral)].join(', ');
    if (known) arrays.push(knownStruct(`edge_csi_golden_known_${i}`, known));
    const list = known ? `&edge_csi_golden_known_${i}` : '0';
    const before = earlier?.matrices.map(nameOf).join(', ') ?? '0';
    const history = isMoving ? `{${before}}, ${earlier?.spacingSlots ?? 0}, ` : '';
    rows.push(
      `  {${name}, ${history}{${numbers}}, ${list}, edge_csi_golden_payload_${i}, ${payload.length}, ${bits}},`,
    );
  }
  return `/* Golden vectors. Generated by \`edge-csi embed\`; do not edit. */
#ifndef EDGE_CSI_GOLDEN_H
#define EDGE_CSI_GOLDEN_H

#include "paths.h"

#define EDGE_CSI_GOLDEN_VALUES ${2 * spec.antennas[0] * spec.antennas[1] * spec.numDelays}

typedef struct {
  const float *csi;${
    isMoving
      ? `
  const float *earlier[${(spec.doppler as DopplerSpec).measurements - 1}];
  uint32_t spacing;`
      : ''
  }
  edge_csi_paths_rate rate;
  const edge_csi_paths_known *known;
  const uint8_t *payload;
  uint32_t bytes;
  int32_t bits;
} edge_csi_golden;

${arrays.join('\n\n')}

static const edge_csi_golden edge_csi_goldens[${rows.length}] = {
${rows.join('\n')}
};

#endif
`;
}

function knownStruct(name: string, { version, count, check, cells }: KnownPaths): string {
  return `static const edge_csi_paths_known ${name} = {${version}, ${count}, ${check}, {${cells.join(', ') || '0'}}};`;
}
