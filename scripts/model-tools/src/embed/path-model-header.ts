import type { PathCodecSpec } from '@edge-csi/csi';
import { pathKernelTables } from '@edge-csi/csi/paths';
import { cArray, cItems } from './c-source.ts';

/**
 * Writes a path codec's model as C: `edge_csi_paths_model` tables, and `EDGE_CSI_PATHS_MODEL_MEMORY`, the bytes of memory
 * that `edge_csi_paths_encode` works in.
 *
 * @throws CsiError `model-invalid` where the spec is none.
 */
export function pathModelHeader(spec: PathCodecSpec): string {
  const { integers, floats, numKnown } = pathKernelTables(spec);
  const [always, known] = [floats.subarray(0, -numKnown), floats.subarray(-numKnown)].map((part) =>
    cItems(Array.from(part, floatLiteral)),
  );
  const shape = [...spec.antennas, spec.numDelays, spec.maxPaths].join(', ');
  return `/* Generated; do not edit. */
#ifndef EDGE_CSI_PATHS_MODEL_H
#define EDGE_CSI_PATHS_MODEL_H

#include "paths.h"

/* Numbers of a matrix, real and imaginary parts. */
#define EDGE_CSI_PATHS_MODEL_VALUES ${2 * spec.antennas[0] * spec.antennas[1] * spec.numDelays}
#define EDGE_CSI_PATHS_MODEL_MEMORY EDGE_CSI_PATHS_MEMORY(${shape})

${cArray('int32_t', 'edge_csi_paths_integers', integers)}

static const float edge_csi_paths_floats[] = {
${always}
#if EDGE_CSI_PATHS_KNOWN
${known}
#endif
};

static const edge_csi_paths_model edge_csi_paths_tables = {edge_csi_paths_integers, edge_csi_paths_floats};

#endif
`;
}

/** The shortest literal that reads back as the same float32. */
export function floatLiteral(value: number): string {
  const text = String(Number(value.toPrecision(9)));
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}
