/* The pursuit: one more path where it takes most of the residual, and every path moved again. */
#ifndef EDGE_CSI_PATHS_PURSUE_H
#define EDGE_CSI_PATHS_PURSUE_H

#include "paths-matrix.h"
#include "paths-newton.h"
#include "paths-solve.h"

/* Makes the candidate that probe_at left path k; its inner products with itself and the others are the candidate's. */
static void store_path(path_space *space, int32_t k) {
  float *to = space->kernels + k * space->stride;
  int32_t axis, i, j;
  for (axis = 0; axis < 3; axis++)
    for (i = 0; i < space->axes[axis].count; i++) *to++ = space->probe[axis][i];
  space->products[k] = 1;
  for (j = 0; j < space->count; j++) {
    space->gram[k * space->capacity + j] = space->products[j];
    space->gram[j * space->capacity + k] = space->products[j];
  }
}

static void set_place(path_space *space, int32_t k) {
  int32_t axis;
  for (axis = 0; axis < 3; axis++) space->position[3 * k + axis] = space->place[axis];
}

static void get_place(path_space *space, int32_t k) {
  int32_t axis;
  for (axis = 0; axis < 3; axis++) space->place[axis] = space->position[3 * k + axis];
}

/* Notes the candidate's correlation as path k's. */
static void hear(path_space *space, int32_t k) {
  space->heard_re[k] = space->seen_re[VALUE];
  space->heard_im[k] = space->seen_im[VALUE];
}

static float power_seen(const path_space *space) {
  return space->seen_re[VALUE] * space->seen_re[VALUE] + space->seen_im[VALUE] * space->seen_im[VALUE];
}

/* Place along one axis by the residual's largest entry, at `peak`, and the larger one beside it, `stride` entries away. */
static float between(const path_space *space, int32_t axis, int32_t bin, int32_t peak, int32_t stride, float top) {
  int32_t count = space->axes[axis].count, wrap = count * stride;
  int whole = space->axes[axis].whole;
  float below, above, beside, off;
  if (count == 1) return 0;
  below = bin > 0 ? power_of_rest(space, peak - stride) : whole ? power_of_rest(space, peak - stride + wrap) : 0;
  if (bin < count - 1) above = power_of_rest(space, peak + stride);
  else above = whole ? power_of_rest(space, peak + stride - wrap) : 0;
  beside = square_root(above > below ? above : below);
  off = beside / (top + beside);
  return onto_axis(&space->axes[axis], above > below ? (float)bin + off : (float)bin - off);
}

/* Finds the place that takes most of the residual. */
static void find_place(path_space *space) {
  int32_t columns = space->axes[1].count, delays = space->axes[2].count, peak = 0, i, row, step;
  float most = -1, top;
  for (i = 0; i < space->entries; i++) {
    float power = power_of_rest(space, i);
    if (power > most) {
      most = power;
      peak = i;
    }
  }
  top = square_root(most);
  row = peak / delays;
  space->place[0] = between(space, 0, row / columns, peak, columns * delays, top);
  space->place[1] = between(space, 1, row % columns, peak, delays, top);
  space->place[2] = between(space, 2, peak - row * delays, peak, 1, top);
  for (step = 0; step < EDGE_CSI_PATHS_FIRST_STEPS; step++) {
    correlate_near(space, space->place, space->rest_re, space->rest_im);
    newton_step(space);
  }
}

/* Adds the path that takes most of the residual, which write_residual has written. Returns the energy it takes. */
static float add_path(path_space *space) {
  int32_t k = space->count;
  float power;
  find_place(space);
  probe_at(space, space->place);
  hear(space, k);
  set_place(space, k);
  space->count++;
  store_path(space, k);
  hear_alone(space, k);
  power = power_seen(space);
  solve_all(space);
  return power;
}

/* Moves every path by a Newton step with the others held, where it gains something, and solves for all gains then. power:
   what the latest path took. */
static void move_all(path_space *space, float power) {
  float least = power * EDGE_CSI_PATHS_LEAST_GAIN;
  int32_t k;
  for (k = 0; k < space->count; k++) {
    float before, re, im;
    get_place(space, k);
    correlate_near(space, space->place, space->re, space->im);
    take_others_near(space, k);
    if (!(newton_step(space) > least)) continue;
    hear_alone(space, k);
    before = power_seen(space);
    probe_at(space, space->place);
    re = space->seen_re[VALUE];
    im = space->seen_im[VALUE];
    take_others(space, k, space->products);
    /* A step too long is not taken. */
    if (!(power_seen(space) > before)) continue;
    space->heard_re[k] = re;
    space->heard_im[k] = im;
    space->gain_re[k] = space->seen_re[VALUE];
    space->gain_im[k] = space->seen_im[VALUE];
    set_place(space, k);
    store_path(space, k);
  }
  solve_all(space);
}

#endif
