/* Paths on their grids: in order of amplitude, the rest solved for again, then each one anew. */
#ifndef EDGE_CSI_PATHS_QUANTISE_H
#define EDGE_CSI_PATHS_QUANTISE_H

#include "paths-known.h"
#include "paths-pursue.h"

static void copy_code(const path_codes *from, int32_t k, path_codes *to, int32_t at) {
  int32_t axis;
  to->level[at] = from->level[k];
  to->reference[at] = from->reference[k];
  to->phase[at] = from->phase[k];
  for (axis = 0; axis < 3; axis++) to->cell[3 * at + axis] = from->cell[3 * k + axis];
}

/* Order of paths of one level: known ones have negative ranks. */
static int32_t rank_of(const path_codes *codes, int32_t k) {
  const edge_csi_paths_known *list = list_of(codes);
  return list && codes->reference[k] != FRESH ? codes->reference[k] - list->count : codes->cell[3 * k];
}

/* Sorts paths as a report has them: strongest first; of one level known ones in the order of their list, then fresh ones by
   their first angles; none without a level. */
static void sort_codes(const path_codes *from, path_codes *to) {
  int32_t count = 0, k;
  to->list = from->list;
  for (k = 0; k < from->count; k++) {
    int32_t level = from->level[k], rank = rank_of(from, k), at;
    if (level == 0) continue;
    for (at = count++; at > 0; at--) {
      int32_t other = to->level[at - 1];
      if (other > level || (other == level && rank_of(to, at - 1) <= rank)) break;
      copy_code(to, at - 1, to, at);
    }
    copy_code(from, k, to, at);
  }
  to->count = count;
}

static float amplitude_of(float re, float im) { return square_root(re * re + im * im); }

/* The cell of a position. */
static int32_t cell_of(const path_axis *axis, float position, int32_t fineness) {
  int32_t cell, all = axis->count * fineness;
  if (axis->count == 1) return 0;
  cell = (int32_t)(position * (float)fineness + 0.5f);
  if (cell < all) return cell;
  return axis->whole ? cell - all : all - 1;
}

/* Rounds the place to the grid of a level, in cells and beside. Returns whether path k is elsewhere. */
static int round_place(path_space *space, int32_t k, int32_t level) {
  int32_t fineness = fineness_of(level), axis;
  int elsewhere = space->work.reference[k] != FRESH || fineness != fineness_of(space->work.level[k]);
  for (axis = 0; axis < 3; axis++) {
    int32_t cell = cell_of(&space->axes[axis], space->place[axis], fineness);
    space->cells[axis] = cell;
    space->beside[axis] = (float)cell / (float)fineness;
    if (cell != space->work.cell[3 * k + axis]) elsewhere = 1;
  }
  return elsewhere;
}

/* Makes the candidate that probe_at left the kernels of path k. */
static void hear_cell(path_space *space, int32_t k) {
  hear(space, k);
  store_path(space, k);
}

/* Puts the gain of path k on the grid of a level, its phase the nearest, and notes it with space->cells. */
static void set_gain(path_space *space, int32_t k, int32_t level, float step) {
  path_codes *codes = &space->work;
  int32_t phases = phases_of(level), axis;
  int32_t nearest = (int32_t)(turn_of(space->gain_re[k], space->gain_im[k]) * (float)phases + 0.5f);
  int32_t phase = nearest < phases ? nearest : 0;
  float height = height_of(level) * step;
  codes->level[k] = level;
  codes->phase[k] = phase;
  for (axis = 0; axis < 3; axis++) codes->cell[3 * k + axis] = space->cells[axis];
  space->gain_re[k] = height * cosine_of_part(phase, phases);
  space->gain_im[k] = height * sine_of_part(phase, phases);
}

static int32_t level_of_gain(const path_space *space, const path_levels *levels, int32_t k, float step) {
  return level_of(levels, amplitude_of(space->gain_re[k], space->gain_im[k]) / step);
}

/* Moves path k to where it belongs with the others as they are, puts it on the grid of its level there, and solves for its
   gain together with those still free. Returns its level. */
static int32_t put_path(path_space *space, int32_t k, int32_t free, float step) {
  int32_t level, round;
  get_place(space, k);
  correlate_near(space, space->place, space->re, space->im);
  take_others_near(space, k);
  newton_step(space);
  level = level_of_gain(space, &space->fresh, k, step);
  /* The gain on the grid may be of another level, whose grid is another. */
  for (round = 0; round < 2 && level > 0; round++) {
    int32_t again;
    round_place(space, k, level);
    probe_at(space, space->beside);
    hear_cell(space, k);
    solve_gains(space, free);
    again = level_of_gain(space, &space->fresh, k, step);
    if (again == 0 || fineness_of(again) == fineness_of(level)) return again;
    if (round == 0) level = again;
  }
  return level;
}

/* What the bits of a path of a level are worth in error energy. */
static float worth_of_bits(const path_levels *levels, int32_t level, float step) {
  return ((EDGE_CSI_PATHS_BIT_WORTH * step) * step) * bits_of_level(levels, level);
}

/* Puts path k, which is at a fresh place on the grid of `fresh`, at a known one instead, where error and bits are less with all
   gains solved for again. Returns its level. */
static int32_t put_known(path_space *space, int32_t k, int32_t free, float step, int32_t fresh) {
  int32_t index = best_known(space, k), level;
  float fresh_gain, gain;
  if (index == FRESH) return fresh;
  fresh_gain = energy_taken(space, free) - worth_of_bits(&space->fresh, fresh, step);
  probe_known(space, index);
  hear_cell(space, k);
  solve_gains(space, free);
  level = level_of_gain(space, &space->known, k, step);
  gain = energy_taken(space, free) - worth_of_bits(&space->known, level, step);
  if (level > 0 && (fresh == 0 || gain >= fresh_gain)) {
    space->work.reference[k] = index;
    return level;
  }
  if (fresh == 0) return 0;
  round_place(space, k, fresh);
  probe_at(space, space->beside);
  hear_cell(space, k);
  solve_gains(space, free);
  return fresh;
}

/* Error energy and bits that the gain of path k adds where what the others leave is seen; below 0 it saves. */
static float cost_of(const path_space *space, int32_t k, float step) {
  const path_levels *levels = space->work.reference[k] == FRESH ? &space->fresh : &space->known;
  float re = space->gain_re[k], im = space->gain_im[k];
  float match = re * space->seen_re[VALUE] + im * space->seen_im[VALUE], size = re * re + im * im;
  return (size - 2 * match) + worth_of_bits(levels, space->work.level[k], step);
}

/* Puts path k on the grid of a level at space->place, or at a known place, where that costs less. Returns what it costs now. */
static float try_level(path_space *space, int32_t k, int32_t reference, int32_t level, float step, float cost) {
  path_codes *codes = &space->work;
  int32_t *cell = codes->cell + 3 * k, old_level = codes->level[k], old_phase = codes->phase[k], axis;
  int32_t old_reference = codes->reference[k], old_cell[3];
  float old_re = space->gain_re[k], old_im = space->gain_im[k], heard_re, heard_im, next;
  int moves = old_reference != reference;
  if (level < 1 || level > EDGE_CSI_PATHS_MAX_LEVEL) return cost;
  for (axis = 0; axis < 3; axis++) old_cell[axis] = cell[axis];
  if (reference != FRESH) {
    probe_known(space, reference);
  } else {
    moves = round_place(space, k, level);
    if (moves) probe_at(space, space->beside);
  }
  /* Where it is all is known. */
  if (!moves) hear_alone(space, k);
  heard_re = space->seen_re[VALUE];
  heard_im = space->seen_im[VALUE];
  if (moves) take_others(space, k, space->products);
  space->gain_re[k] = space->seen_re[VALUE];
  space->gain_im[k] = space->seen_im[VALUE];
  set_gain(space, k, level, step);
  codes->reference[k] = reference;
  next = cost_of(space, k, step);
  if (next < cost) {
    if (!moves) return next;
    space->seen_re[VALUE] = heard_re;
    space->seen_im[VALUE] = heard_im;
    hear_cell(space, k);
    return next;
  }
  codes->level[k] = old_level;
  codes->reference[k] = old_reference;
  codes->phase[k] = old_phase;
  for (axis = 0; axis < 3; axis++) cell[axis] = old_cell[axis];
  space->gain_re[k] = old_re;
  space->gain_im[k] = old_im;
  return cost;
}

/* The same on the grids of the two levels next to the amplitude that is seen. */
static float try_place(path_space *space, int32_t k, int32_t reference, float step, float cost) {
  float amplitude = amplitude_of(space->seen_re[VALUE], space->seen_im[VALUE]) / step;
  int32_t nearest = level_of(reference == FRESH ? &space->fresh : &space->known, amplitude);
  int32_t other = amplitude > height_of(nearest) ? nearest + 1 : nearest - 1;
  cost = try_level(space, k, reference, nearest, step, cost);
  return try_level(space, k, reference, other, step, cost);
}

/* Puts path k anew with all others held on their grids, by error and bits together: at the place that is best now, on the
   grid of the level that is best now or of a neighbour, or at the known place that is best now, or where it is, or nowhere. */
static void improve_path(path_space *space, int32_t k, float step) {
  float cost;
  int32_t axis;
  for (axis = 0; axis < 3; axis++) space->place[axis] = position_of(&space->work, k, axis);
  correlate_near(space, space->place, space->re, space->im);
  take_others_near(space, k);
  newton_step(space);
  hear_alone(space, k);
  cost = cost_of(space, k, step);
  cost = try_place(space, k, FRESH, step, cost);
  if (list_of(&space->work)) {
    int32_t index = best_known(space, k);
    if (index != FRESH) {
      probe_known(space, index);
      take_others(space, k, space->products);
      cost = try_place(space, k, index, step, cost);
    }
  }
  if (cost < 0) return;
  space->work.level[k] = 0;
  space->gain_re[k] = space->gain_im[k] = 0;
}

static void improve_all(path_space *space, float step) {
  int32_t k;
  for (k = 0; k < space->work.count; k++)
    if (space->work.level[k] != 0) improve_path(space, k, step);
}

/* Puts all paths on their grids: the strongest first, the rest solved for again with it held, and so on. */
static void quantise_paths(path_space *space, float step) {
  int32_t free = space->count, k, a;
  space->work.count = space->count;
  for (k = 0; k < space->count; k++) {
    space->order[k] = k;
    space->work.level[k] = 0;
    space->work.reference[k] = FRESH;
  }
  solve_gains(space, free);
  while (free > 0) {
    int32_t at = 0, level;
    float most = -1;
    for (a = 0; a < free; a++) {
      float size = amplitude_of(space->gain_re[space->order[a]], space->gain_im[space->order[a]]);
      if (size > most) {
        most = size;
        at = a;
      }
    }
    k = space->order[at];
    level = put_path(space, k, free, step);
    if (list_of(&space->work)) level = put_known(space, k, free, step, level);
    free--;
    space->order[at] = space->order[free];
    space->order[free] = k;
    space->work.level[k] = level;
    if (level > 0) set_gain(space, k, level, step);
    else space->gain_re[k] = space->gain_im[k] = 0;
    if (free > 0) solve_gains(space, free);
  }
  improve_all(space, step);
}

#endif
