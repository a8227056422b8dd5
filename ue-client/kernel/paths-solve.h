/* Least squares for gains. */
#ifndef EDGE_CSI_PATHS_SOLVE_H
#define EDGE_CSI_PATHS_SOLVE_H

#include "paths-correlate.h"

/* Cholesky factor of the inner products of the free paths. */
static void factorise(path_space *space, int32_t free) {
  int32_t capacity = space->capacity, a, b;
  for (a = 0; a < free; a++) {
    float *row = space->factor + a * capacity;
    const float *gram = space->gram + space->order[a] * capacity;
    for (b = 0; b <= a; b++) {
      const float *other = space->factor + b * capacity;
      float value = gram[space->order[b]], sum = a == b ? value + EDGE_CSI_PATHS_RIDGE : value;
      sum -= inner_product(row, other, b);
      if (a != b) row[b] = other[b] == 0 ? 0 : sum / other[b];
      else row[a] = sum > EDGE_CSI_PATHS_LEAST_PIVOT ? square_root(sum) : 0;
    }
  }
}

/* What the held paths, those of space->order from `free` on, leave of path k's correlation with the matrix, as seen. */
static void hear_beside_held(path_space *space, int32_t k, int32_t free) {
  const float *gram = space->gram + k * space->capacity;
  float re = space->heard_re[k], im = space->heard_im[k];
  int32_t b;
  for (b = free; b < space->count; b++) {
    int32_t j = space->order[b];
    re -= gram[j] * space->gain_re[j];
    im -= gram[j] * space->gain_im[j];
  }
  space->seen_re[VALUE] = re;
  space->seen_im[VALUE] = im;
}

/* Energy that the free paths take of what the held ones leave, once solve_gains has solved for them. */
static float energy_taken(path_space *space, int32_t free) {
  float taken = 0;
  int32_t a;
  for (a = 0; a < free; a++) {
    int32_t k = space->order[a];
    hear_beside_held(space, k, free);
    taken = taken + (space->seen_re[VALUE] * space->gain_re[k] + space->seen_im[VALUE] * space->gain_im[k]);
  }
  return taken;
}

/* Solves for the gains of the first `free` paths of space->order; those after them keep theirs. */
static void solve_gains(path_space *space, int32_t free) {
  int32_t capacity = space->capacity, a, b, j;
  float *gain_re = space->gain_re, *gain_im = space->gain_im;
  for (a = 0; a < free; a++) {
    gain_re[space->order[a]] = 0;
    gain_im[space->order[a]] = 0;
  }
  factorise(space, free);
  /* Forward: the right-hand side is what the held paths leave of each correlation. */
  for (a = 0; a < free; a++) {
    int32_t k = space->order[a];
    const float *row = space->factor + a * capacity, *gram = space->gram + k * capacity;
    float re = space->heard_re[k], im = space->heard_im[k];
    for (b = free; b < space->count; b++) {
      j = space->order[b];
      re -= gram[j] * gain_re[j];
      im -= gram[j] * gain_im[j];
    }
    for (b = 0; b < a; b++) {
      re -= row[b] * gain_re[space->order[b]];
      im -= row[b] * gain_im[space->order[b]];
    }
    gain_re[k] = row[a] == 0 ? 0 : re / row[a];
    gain_im[k] = row[a] == 0 ? 0 : im / row[a];
  }
  for (a = free - 1; a >= 0; a--) {
    int32_t k = space->order[a];
    float pivot = space->factor[a * capacity + a], re = gain_re[k], im = gain_im[k];
    for (b = a + 1; b < free; b++) {
      float l = space->factor[b * capacity + a];
      re -= l * gain_re[space->order[b]];
      im -= l * gain_im[space->order[b]];
    }
    gain_re[k] = pivot == 0 ? 0 : re / pivot;
    gain_im[k] = pivot == 0 ? 0 : im / pivot;
  }
}

/* Solves for the gains of all paths. */
static void solve_all(path_space *space) {
  int32_t k;
  for (k = 0; k < space->count; k++) space->order[k] = k;
  solve_gains(space, space->count);
}

#endif
