/* Known places: where they are, whether they are taken, which is the best one, and the lists that a base station sends. */
#ifndef EDGE_CSI_PATHS_KNOWN_H
#define EDGE_CSI_PATHS_KNOWN_H

#include "paths-coder.h"
#include "paths-correlate.h"
#include "paths-grid.h"

/* The list that paths may refer to; a constant null where the codec is compiled without. */
static const edge_csi_paths_known *list_of(const path_codes *codes) {
#if EDGE_CSI_PATHS_KNOWN
  return codes->list;
#else
  (void)codes;
  return 0;
#endif
}

/* Cells of path k along an axis, and how many are a bin. */
static int32_t cells_of(const path_codes *codes, int32_t k, int32_t axis, int32_t *fineness) {
  const edge_csi_paths_known *list = list_of(codes);
  if (list && codes->reference[k] != FRESH) {
    *fineness = EDGE_CSI_PATHS_KNOWN_CELLS;
    return list->cells[3 * codes->reference[k] + axis];
  }
  *fineness = fineness_of(codes->level[k]);
  return codes->cell[3 * k + axis];
}

/* Where path k is along an axis, bins. */
static float position_of(const path_codes *codes, int32_t k, int32_t axis) {
  int32_t fineness, cell = cells_of(codes, k, axis, &fineness);
  return (float)cell / (float)fineness;
}

/* Whether one of the first `count` paths is at a known place. */
static int is_taken(const path_codes *codes, int32_t count, int32_t index) {
  int32_t j;
  for (j = 0; j < count; j++)
    if (codes->reference[j] == index && codes->level[j] != 0) return 1;
  return 0;
}

/* Probes a known place; space->cells are those of a path there. The matrix is looked at once for each place. */
static void probe_known(path_space *space, int32_t index) {
  const edge_csi_paths_known *list = list_of(&space->work);
  int32_t axis;
  for (axis = 0; axis < 3; axis++) {
    space->cells[axis] = 0;
    space->beside[axis] = (float)list->cells[3 * index + axis] / (float)EDGE_CSI_PATHS_KNOWN_CELLS;
  }
  write_probe(space, space->beside);
  if (!(space->known_heard >> index & 1)) {
    see_matrix(space);
    space->known_re[index] = space->seen_re[VALUE];
    space->known_im[index] = space->seen_im[VALUE];
    space->known_heard |= 1u << index;
  }
  space->seen_re[VALUE] = space->known_re[index];
  space->seen_im[VALUE] = space->known_im[index];
  see_paths(space);
}

/* The free known place that takes most of what all paths but path k leave; FRESH where none is free. */
static int32_t best_known(path_space *space, int32_t k) {
  const path_codes *codes = &space->work;
  int32_t best = FRESH, index;
  float most = 0;
  for (index = 0; index < list_of(codes)->count; index++) {
    float power;
    if (codes->reference[k] != index && is_taken(codes, codes->count, index)) continue;
    probe_known(space, index);
    take_others(space, k, space->products);
    power = space->seen_re[VALUE] * space->seen_re[VALUE] + space->seen_im[VALUE] * space->seen_im[VALUE];
    if (!(power > most)) continue;
    most = power;
    best = index;
  }
  return best;
}

#endif
