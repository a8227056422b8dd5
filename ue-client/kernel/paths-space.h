/* What a codec works on, laid out in the caller's memory: one matrix and a list of paths beside it. */
#ifndef EDGE_CSI_PATHS_SPACE_H
#define EDGE_CSI_PATHS_SPACE_H

#include "paths-axis.h"

/* The model's numbers, in the order of its first integers. */
enum {
  MODEL_N1,
  MODEL_N2,
  MODEL_DELAYS,
  MODEL_SUBCARRIERS,
  MODEL_MOST_PATHS,
  MODEL_HAS_RESPONSE,
  MODEL_ANGLE_BUMP_1,
  MODEL_ANGLE_BUMP_2,
  MODEL_DELAY_BUMP,
  MODEL_HEADER
};

/* Frequencies of a report's symbols, most of them as running sums. */
typedef struct {
  const int32_t *first;
  const int32_t *end;
  const int32_t *next;
  const int32_t *delay;
  const int32_t *later;
  const int32_t *angle[2];
  int32_t angle_bump[2];
  int32_t delay_bump;
  int32_t counts[3];
  int32_t most_paths;
  /* Frequencies of one symbol, and their sums. */
  int32_t *weights;
  int32_t *sums;
} path_syntax;

/* Of a path that tells its own place. */
#define FRESH (-1)

/* Which level an amplitude gets, and what it costs. threshold, bits: [FINE_LEVELS + 1]. */
typedef struct {
  /* Amplitudes from which on a path has a level. */
  const float *threshold;
  const float *bits;
  /* Bits that a path twice as high takes more. */
  int32_t octave_bits;
} path_levels;

/* Paths as whole numbers: what a report holds. cells: [most][3]. */
typedef struct {
  int32_t count;
  /* Known places that paths may refer to, or null. */
  const edge_csi_paths_known *list;
  /* Number of the path's place in the list, or FRESH. */
  int32_t *reference;
  int32_t *level;
  int32_t *phase;
  int32_t *cell;
} path_codes;

typedef struct {
  path_axis axes[3];
  path_syntax syntax;
  /* Of paths that tell their places, and of those at known places. */
  path_levels fresh, known;
  /* The response of the array: what takes it out, then what puts it in, [4][n1 n2]; or null. */
  const float *response;

  int32_t capacity;
  int32_t entries;
  int32_t stride;
  /* The matrix, kernels' phases turned out, and what the paths leave of it. */
  float *re, *im, *rest_re, *rest_im;
  float energy;

  int32_t count;
  float *position;
  float *kernels;
  float *gram;
  float *heard_re, *heard_im;
  float *gain_re, *gain_im;

  /* The candidate: where it is, its cells, its kernels, its inner products with the paths. */
  float place[3], beside[3];
  int32_t cells[3];
  float *probe[3];
  float *products;
  /* Its correlation, and derivatives. */
  float seen_re[10], seen_im[10];
  float near[3][3 * EDGE_CSI_PATHS_NEAR];
  int32_t near_from[3], near_length[3];
  float lines[12 * EDGE_CSI_PATHS_NEAR];
  float *line_re, *line_im;
  /* Products of the candidate's kernels over the angles. */
  float *angles;
  float *factor;
  int32_t *order;
  float *weight_re, *weight_im;
  /* Correlations of known places with the matrix, and which have been computed, a bit each. */
  float known_re[EDGE_CSI_PATHS_MOST_KNOWN], known_im[EDGE_CSI_PATHS_MOST_KNOWN];
  uint32_t known_heard;

  /* The search. */
  float *history;
  float *power;
  float *left;
  int32_t found;
  int ended;
  int32_t loaded;
  int32_t exponent;
  float noise;
  int estimated;
  path_codes work, codes, best;
  int32_t step, best_step;
  int32_t bits, best_bits;
  float error, best_error;
} path_space;

static float *take_floats(float **free, int32_t count) {
  float *taken = *free;
  *free += count;
  return taken;
}

static int32_t *take_integers(float **free, int32_t count) { return (int32_t *)(void *)take_floats(free, count); }

static const float *next_floats(const float **from, int32_t count) {
  const float *taken = *from;
  *from += count;
  return taken;
}

static const int32_t *next_integers(const int32_t **from, int32_t count) {
  const int32_t *taken = *from;
  *from += count;
  return taken;
}

static void open_axis(path_axis *axis, int32_t size, int32_t count, const float **floats) {
  const float *numbers = next_floats(floats, 3);
  axis->size = size;
  axis->count = count;
  axis->whole = size == count;
  axis->last = numbers[0];
  axis->inverse_size = numbers[1];
  axis->bend = numbers[2];
  axis->peak = next_floats(floats, EDGE_CSI_PATHS_PEAK_TERMS);
  axis->sine = next_floats(floats, count + 1);
  axis->cosine = next_floats(floats, count + 1);
  axis->turn_re = next_floats(floats, count);
  axis->turn_im = next_floats(floats, count);
}

static void open_codes(path_codes *codes, int32_t capacity, float **free) {
  codes->count = 0;
  codes->list = 0;
  codes->reference = take_integers(free, capacity);
  codes->level = take_integers(free, capacity);
  codes->phase = take_integers(free, capacity);
  codes->cell = take_integers(free, 3 * capacity);
}

static void open_levels(path_levels *levels, int32_t octave_bits, const float **floats) {
  levels->threshold = next_floats(floats, EDGE_CSI_PATHS_FINE_LEVELS + 1);
  levels->bits = next_floats(floats, EDGE_CSI_PATHS_FINE_LEVELS + 1);
  levels->octave_bits = octave_bits;
}

/* Lays a space out in memory; `pathKernelTables` states the order of a model's numbers. */
static path_space *open_space(const edge_csi_paths_model *model, void *memory) {
  const int32_t *header = model->integers, *integers = header + MODEL_HEADER;
  const float *floats = model->floats;
  path_space *space = (path_space *)memory;
  float *free = (float *)memory + (sizeof *space + 3) / 4;
  path_syntax *syntax = &space->syntax;
  int32_t n1 = header[MODEL_N1], n2 = header[MODEL_N2], delays = header[MODEL_DELAYS];
  int32_t most = header[MODEL_MOST_PATHS], entries = n1 * n2 * delays, axis;
  int32_t widest = n1 > n2 ? n1 : n2;
  if (widest < 2 * delays) widest = 2 * delays;
  if (widest < EDGE_CSI_PATHS_MOST_KNOWN) widest = EDGE_CSI_PATHS_MOST_KNOWN;

  open_axis(&space->axes[0], n1, n1, &floats);
  open_axis(&space->axes[1], n2, n2, &floats);
  open_axis(&space->axes[2], header[MODEL_SUBCARRIERS], delays, &floats);
  open_levels(&space->fresh, 1 + (n1 > 1) + (n2 > 1) + (delays > 1), &floats);
  space->response = header[MODEL_HAS_RESPONSE] ? next_floats(&floats, 4 * n1 * n2) : 0;
  if (EDGE_CSI_PATHS_KNOWN) open_levels(&space->known, 1, &floats);

  syntax->first = next_integers(&integers, EDGE_CSI_PATHS_LEVEL_CLASSES + 2);
  syntax->end = next_integers(&integers, EDGE_CSI_PATHS_LEVEL_CLASSES);
  syntax->next = next_integers(&integers, EDGE_CSI_PATHS_LEVEL_CLASSES * (EDGE_CSI_PATHS_RATIO_BINS + 1));
  syntax->delay = next_integers(&integers, 2 * delays + 1);
  syntax->later = next_integers(&integers, 4 * delays);
  syntax->angle[0] = next_integers(&integers, n1);
  syntax->angle[1] = next_integers(&integers, n2);
  syntax->angle_bump[0] = header[MODEL_ANGLE_BUMP_1];
  syntax->angle_bump[1] = header[MODEL_ANGLE_BUMP_2];
  syntax->delay_bump = header[MODEL_DELAY_BUMP];
  syntax->counts[0] = n1;
  syntax->counts[1] = n2;
  syntax->counts[2] = delays;
  syntax->most_paths = most;
  syntax->weights = take_integers(&free, widest);
  syntax->sums = take_integers(&free, widest + 1);

  space->capacity = most;
  space->entries = entries;
  space->stride = n1 + n2 + delays;
  space->re = take_floats(&free, entries);
  space->im = take_floats(&free, entries);
  space->rest_re = take_floats(&free, entries);
  space->rest_im = take_floats(&free, entries);
  space->count = 0;
  space->position = take_floats(&free, 3 * most);
  space->kernels = take_floats(&free, most * space->stride);
  space->gram = take_floats(&free, most * most);
  space->heard_re = take_floats(&free, most);
  space->heard_im = take_floats(&free, most);
  space->gain_re = take_floats(&free, most);
  space->gain_im = take_floats(&free, most);
  for (axis = 0; axis < 3; axis++) {
    int32_t count = space->axes[axis].count;
    space->probe[axis] = take_floats(&free, count);
    space->near_length[axis] = count < EDGE_CSI_PATHS_NEAR ? count : EDGE_CSI_PATHS_NEAR;
  }
  for (axis = 0; axis < 10; axis++) space->seen_re[axis] = space->seen_im[axis] = 0;
  space->products = take_floats(&free, most);
  space->angles = take_floats(&free, n1 * n2);
  space->line_re = take_floats(&free, delays);
  space->line_im = take_floats(&free, delays);
  space->factor = take_floats(&free, most * most);
  space->order = take_integers(&free, most);
  space->weight_re = take_floats(&free, most);
  space->weight_im = take_floats(&free, most);
  space->history = take_floats(&free, 3 * most * (most + 1) / 2);
  space->power = take_floats(&free, most + 1);
  space->left = take_floats(&free, most + 1);
  open_codes(&space->work, most, &free);
  open_codes(&space->codes, most, &free);
  open_codes(&space->best, most, &free);
  return space;
}

#endif
