/* A report in the making: paths found so far, attempts at putting them on a grid, and the best one. */
#ifndef EDGE_CSI_PATHS_SEARCH_H
#define EDGE_CSI_PATHS_SEARCH_H

#include "paths-quantise.h"
#include "paths-syntax.h"

/* Starts on a matrix. noise: variance of an entry; to be estimated where negative, none in a small
   matrix. Returns 0 where the matrix is of no use. */
static int start_search(path_space *space, const float *csi, float noise) {
  float scale;
  if (!load_matrix(space, csi)) return 0;
  scale = power_of_two(space->exponent > 126 ? -126 : -space->exponent);
  space->estimated = noise < 0 && space->entries >= EDGE_CSI_PATHS_LEAST_NOISY;
  space->noise = noise < 0 ? 0 : (noise * scale) * scale;
  space->found = 0;
  space->ended = 0;
  space->loaded = 0;
  return 1;
}

/* Loads the places found with `count` paths, and solves for their gains. */
static void load_paths(path_space *space, int32_t count) {
  const float *places = space->history + 3 * count * (count - 1) / 2;
  int32_t k, axis;
  if (space->loaded == count) return;
  space->count = 0;
  for (k = 0; k < count; k++) {
    for (axis = 0; axis < 3; axis++) space->place[axis] = places[3 * k + axis];
    set_place(space, k);
    probe_at(space, space->place);
    hear(space, k);
    space->count = k + 1;
    store_path(space, k);
  }
  solve_all(space);
  space->loaded = count;
}

/* Finds one more path and moves all; sets `ended` instead where there is none. */
static void find_next(path_space *space) {
  int32_t found = space->found, count = found + 1, i;
  float *places = space->history + 3 * count * found / 2, power;
  if (found == space->capacity) space->ended = 1;
  if (space->ended) return;
  load_paths(space, found);
  space->left[found] = write_residual(space);
  /* What paths leak hides the noise, less so the more of them are out: looked at anew after 1, 2, 4, 8 ... paths. */
  if (space->estimated && (found & (found - 1)) == 0) space->noise = noise_power(space);
  power = add_path(space);
  if (!(power > EDGE_CSI_PATHS_NOISE_SHARE * space->noise)) {
    space->ended = 1;
    space->loaded = -1;
    return;
  }
  move_all(space, power);
  space->found = count;
  space->loaded = count;
  space->power[count] = power;
  for (i = 0; i < 3 * count; i++) places[i] = space->position[i];
}

/* Finds paths as long as each takes at least `least` of the residual. Returns how many, at most `most`. */
static int32_t find_worth(path_space *space, float least, int32_t most) {
  int32_t count = 0;
  while (count < most) {
    if (count == space->found) find_next(space);
    if (count == space->found || !(space->power[count + 1] >= least)) break;
    count++;
  }
  return count;
}

/* Counts the bits of the attempt, and its error. */
static void measure(path_space *space) {
  path_coder coder;
  sort_codes(&space->work, &space->codes);
  start_encoder(&coder, 0, 0);
  code_report(&space->syntax, &coder, &space->codes, space->step);
  space->bits = (int32_t)finish(&coder);
  space->error = write_residual(space);
}

/* Puts the first `count` paths on the grid of a step: sets codes, bits and error. */
static void attempt(path_space *space, int32_t count, int32_t step) {
  load_paths(space, count);
  space->loaded = -1;
  space->step = step;
  quantise_paths(space, step_height(step, space->exponent));
  measure(space);
}

/* The path of the lowest level, the last of several; -1 where there is none. */
static int32_t weakest_of(const path_codes *codes) {
  int32_t weakest = -1, least = 0, k;
  for (k = 0; k < codes->count; k++) {
    int32_t level = codes->level[k];
    if (level == 0 || (weakest >= 0 && level > least)) continue;
    weakest = k;
    least = level;
  }
  return weakest;
}

/* Leaves the weakest paths of the attempt out until it fits. */
static void trim(path_space *space, int32_t max_bits) {
  while (space->bits > max_bits && space->codes.count > 0) {
    int32_t excess;
    for (excess = space->bits - max_bits; excess > 0; excess -= EDGE_CSI_PATHS_MOST_WEAK_BITS) {
      int32_t k = weakest_of(&space->work);
      if (k < 0) break;
      space->work.level[k] = 0;
      space->gain_re[k] = space->gain_im[k] = 0;
    }
    measure(space);
  }
}

/* Attempts from now on may refer to a list of known paths, or to none; what has been found stays. */
static void offer_known(path_space *space, const edge_csi_paths_known *list) {
  space->work.list = list;
  space->known_heard = 0;
}

/* Keeps the attempt as the best so far. */
static void keep_attempt(path_space *space) {
  int32_t k;
  for (k = 0; k < space->codes.count; k++) copy_code(&space->codes, k, &space->best, k);
  space->best.count = space->codes.count;
  space->best.list = space->codes.list;
  space->best_step = space->step;
  space->best_bits = space->bits;
  space->best_error = space->error;
}

static void offer(path_space *space, int32_t max_bits) {
  if (space->bits <= max_bits && space->error < space->best_error) keep_attempt(space);
}

#endif
