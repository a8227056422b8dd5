/* Which step a report takes, by price, target or cap. */
#ifndef EDGE_CSI_PATHS_RATE_H
#define EDGE_CSI_PATHS_RATE_H

#include "paths-search.h"

/* The step nearest to the noise, or the finest that levels reach. */
static int32_t finest_step(const path_space *space) {
  float least = space->found > 0 ? space->power[1] * EDGE_CSI_PATHS_FINEST_SHARE : 0;
  return least_step((space->noise > least ? space->noise : least) * EDGE_CSI_PATHS_NEAREST, space->exponent);
}

/* Paths that pay on the grid of a step. */
static int32_t worth_of(path_space *space, int32_t step, int32_t max_bits) {
  float height = step_height(step, space->exponent), square = height * height;
  /* A known path takes half the bits of a fresh one. */
  if (list_of(&space->work)) return find_worth(space, square / 2, 2 * max_bits / EDGE_CSI_PATHS_LEAST_PATH_BITS);
  return find_worth(space, square, max_bits / EDGE_CSI_PATHS_LEAST_PATH_BITS);
}

/* Bits of a report on the grid of a step, about. */
static float bits_about(const path_space *space, int32_t step, int32_t count) {
  /* Paths are thought to be at known places where there are any; what comes out tells how many are not. */
  const path_levels *levels = list_of(&space->work) ? &space->known : &space->fresh;
  float height = step_height(step, space->exponent), bits = -EDGE_CSI_PATHS_FEWER_BITS;
  int32_t k;
  for (k = 1; k <= count; k++) {
    bits = bits + bits_of_level(levels, level_of(levels, square_root(space->power[k]) / height));
  }
  return bits;
}

/* Squared error on the grid of a step, about. */
static float error_about(const path_space *space, int32_t step, int32_t count) {
  float height = step_height(step, space->exponent);
  float rest = count == 0 ? space->energy : space->left[count - 1] - space->power[count];
  return rest + ((height * height) * EDGE_CSI_PATHS_PATH_ERROR) * (float)count;
}

/* The finest step of which a report is at most `bits` long, about. */
static int32_t finest_about(path_space *space, float bits) {
  int32_t step;
  find_worth(space, 0, 1);
  step = least_step(space->found > 0 ? space->power[1] : space->energy, space->exponent);
  for (; step > finest_step(space); step--) {
    if (bits_about(space, step - 1, worth_of(space, step - 1, (int32_t)bits)) > bits) break;
  }
  return step;
}

/* Takes the least error of at most max_bits: on the finest grid that holds what pays there, or on the next one without the
   weakest paths. */
static void search_cap(path_space *space, int32_t max_bits) {
  int32_t fits = EDGE_CSI_PATHS_STEPS, fitting = 0, exceeds = -1, exceeding = 0, tries;
  float more = 0;
  space->best_error = FLT_MAX;
  for (tries = 0; tries < EDGE_CSI_PATHS_ATTEMPTS && fits - exceeds > 1; tries++) {
    int32_t step, count;
    if (fits < EDGE_CSI_PATHS_STEPS && exceeds >= 0) {
      float share = (float)(exceeding - max_bits) / (float)(exceeding - fitting);
      step = exceeds + (int32_t)(share * (float)(fits - exceeds) + 0.5f);
    } else {
      step = finest_about(space, (float)max_bits - more);
    }
    if (step <= exceeds) step = exceeds + 1;
    if (step >= fits) step = fits - 1;
    if (step < finest_step(space)) break;
    /* One path more than pays: it may fill the bits that are over. */
    count = find_worth(space, 0, worth_of(space, step, max_bits) + 1);
    attempt(space, count, step);
    more = (float)space->bits - bits_about(space, step, count);
    if (space->bits <= max_bits) {
      fits = step;
      fitting = space->bits;
      offer(space, max_bits);
      if (max_bits - fitting <= EDGE_CSI_PATHS_SPARE_BITS) break;
    } else {
      exceeds = step;
      exceeding = space->bits;
      trim(space, max_bits);
      offer(space, max_bits);
      improve_all(space, step_height(step, space->exponent));
      measure(space);
      offer(space, max_bits);
    }
  }
}

/* Takes the least of error + price x bits: the step follows from the price, so there is one attempt. */
static void search_price(path_space *space, float price, int32_t max_bits) {
  float square = ((price * space->energy) / EDGE_CSI_PATHS_BIT_WORTH) * EDGE_CSI_PATHS_NEAREST;
  int32_t step = least_step(square, space->exponent), count = worth_of(space, step, max_bits);
  if (step < finest_step(space)) {
    step = finest_step(space);
    count = worth_of(space, step, max_bits);
  }
  attempt(space, count, step);
  keep_attempt(space);
  if (space->best_bits > max_bits) search_cap(space, max_bits);
}

/* The coarsest step whose error is at most `most`, about. ratio: of an error to what was thought of it. */
static int32_t coarsest_about(path_space *space, float most, float ratio, int32_t max_bits) {
  int32_t step = least_step(space->energy, space->exponent);
  for (; step > finest_step(space); step--) {
    if (ratio * error_about(space, step, worth_of(space, step, max_bits)) <= most) break;
  }
  return step;
}

/* Takes the coarsest step, about, whose error, relative to the matrix's energy, is at most `target`. */
static void search_target(path_space *space, float target, int32_t max_bits) {
  float most = target * space->energy, ratio = 1;
  int32_t reaches = -1, misses = EDGE_CSI_PATHS_STEPS, tries;
  space->best_error = FLT_MAX;
  for (tries = 0; tries < EDGE_CSI_PATHS_ATTEMPTS && misses - reaches > 1; tries++) {
    int32_t step = coarsest_about(space, most, ratio, max_bits), count;
    if (step <= reaches) step = reaches + 1;
    if (step >= misses) step = misses - 1;
    count = worth_of(space, step, max_bits);
    attempt(space, count, step);
    if (space->error <= most) {
      reaches = step;
      keep_attempt(space);
    } else {
      misses = step;
      if (space->error < space->best_error) keep_attempt(space);
      if (step <= finest_step(space)) break;
    }
    ratio = space->error / error_about(space, step, count);
  }
  if (space->best_bits > max_bits) search_cap(space, max_bits);
}

#endif
