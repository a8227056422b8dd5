import type { PathCodecSpec } from '@edge-csi/csi';
import { type DopplerSpec, dopplerTurns, movingSpecOf, pathKernelTables, stillSpecOf } from '@edge-csi/csi/paths';
import { cArray, cItems } from './c-source.ts';

/**
 * Writes a path codec's model as C: `edge_csi_paths_tables`, and `EDGE_CSI_PATHS_MODEL_MEMORY`, the bytes of memory that a report
 * works in. Of a model with Doppler shifts these are of reports of one matrix, and `edge_csi_moving_tables` are of all.
 *
 * @throws CsiError `model-invalid` where the spec is none.
 */
export function pathModelHeader(spec: PathCodecSpec): string {
  const still = stillSpecOf(spec);
  return `/* Generated; do not edit. */
#ifndef EDGE_CSI_PATHS_MODEL_H
#define EDGE_CSI_PATHS_MODEL_H

#include "paths${spec.doppler === false ? '' : '-moving'}.h"

/* Numbers of a matrix, real and imaginary parts. */
#define EDGE_CSI_PATHS_MODEL_VALUES ${2 * spec.antennas[0] * spec.antennas[1] * spec.numDelays}
#define EDGE_CSI_PATHS_MODEL_MEMORY ${memoryOf(still)}

${tablesOf(still, 'edge_csi_paths')}
${spec.doppler === false ? '' : movingModel(spec, spec.doppler)}
#endif
`;
}

function memoryOf({ antennas, numDelays, maxPaths }: PathCodecSpec): string {
  return `EDGE_CSI_PATHS_MEMORY(${[...antennas, numDelays, maxPaths].join(', ')})`;
}

function tablesOf(spec: PathCodecSpec, prefix: string): string {
  const { integers, floats, numKnown } = pathKernelTables(spec);
  const [always, known] = [floats.subarray(0, -numKnown), floats.subarray(-numKnown)].map((part) =>
    cItems(Array.from(part, floatLiteral)),
  );
  return `${cArray('int32_t', `${prefix}_integers`, integers)}

static const float ${prefix}_floats[] = {
${always}
#if EDGE_CSI_PATHS_KNOWN
${known}
#endif
};

static const edge_csi_paths_model ${prefix}_tables = {${prefix}_integers, ${prefix}_floats};
`;
}

function movingModel(spec: PathCodecSpec, doppler: DopplerSpec): string {
  const moving = movingSpecOf(spec, doppler);
  const turns = Array.from(dopplerTurns(doppler.measurements), floatLiteral);
  return `
/* Matrices of a report that tells Doppler shifts. */
#define EDGE_CSI_MOVING_MEASUREMENTS ${doppler.measurements}
#define EDGE_CSI_MOVING_MODEL_MEMORY ${memoryOf(moving)}

${tablesOf(moving, 'edge_csi_moving_matrix')}
${cArray('float', 'edge_csi_moving_turns', turns)}

static const edge_csi_moving_model edge_csi_moving_tables = {${[spec.antennas[0], doppler.measurements, spec.numDelays].join(', ')}, &edge_csi_paths_tables,
                                                            &edge_csi_moving_matrix_tables, edge_csi_moving_turns};
`;
}

/** The shortest literal that reads back as the same float32. */
export function floatLiteral(value: number): string {
  const text = String(Number(value.toPrecision(9)));
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}
