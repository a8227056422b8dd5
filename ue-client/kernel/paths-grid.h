/* Levels of amplitude, the grids of phase and place that go with them, and steps. */
#ifndef EDGE_CSI_PATHS_GRID_H
#define EDGE_CSI_PATHS_GRID_H

#include "paths-space.h"

/* Amplitude of a level in steps. */
static float height_of(int32_t level) { return (float)(5 * level + 1) / 5; }

/* Cells a bin. */
static int32_t fineness_of(int32_t level) {
  int32_t fineness = (180 * level + 86) / 100;
  return fineness > 2 ? fineness : 2;
}

/* Phases a turn. */
static int32_t phases_of(int32_t level) { return (6283 * level + 2256) / 1000; }

/* The level of an amplitude in steps; 0 where the path is not worth its bits. */
static int32_t level_of(const path_levels *levels, float amplitude) {
  int32_t low = 0, high = EDGE_CSI_PATHS_FINE_LEVELS;
  if (amplitude >= EDGE_CSI_PATHS_MAX_LEVEL) return EDGE_CSI_PATHS_MAX_LEVEL;
  if (amplitude >= EDGE_CSI_PATHS_FINE_LEVELS + 1) return (int32_t)(amplitude + 0.3f);
  while (low < high) {
    int32_t middle = (low + high + 1) >> 1;
    if (amplitude >= levels->threshold[middle]) low = middle;
    else high = middle - 1;
  }
  return low;
}

/* Bits of a path of a level, about. */
static float bits_of_level(const path_levels *levels, int32_t level) {
  int32_t octaves = 0;
  while (level >> octaves > EDGE_CSI_PATHS_FINE_LEVELS) octaves++;
  return levels->bits[level >> octaves] + (float)(octaves * levels->octave_bits);
}

/* Height of a step times 2^-exponent. */
static float step_height(int32_t index, int32_t exponent) {
  static const float thirds[3] = EDGE_CSI_PATHS_THIRDS;
  int32_t whole = (EDGE_CSI_PATHS_UNIT_STEP + 2) / 3, above = index + 3 * whole - EDGE_CSI_PATHS_UNIT_STEP;
  int32_t power = above / 3 - whole - exponent;
  return thirds[above % 3] * power_of_two(power < -126 ? -126 : power > 127 ? 127 : power);
}

/* Least step whose height, squared, is at least `square`; the last one where none is. */
static int32_t least_step(float square, int32_t exponent) {
  int32_t low = 0, high = EDGE_CSI_PATHS_STEPS - 1;
  while (low < high) {
    int32_t middle = (low + high) >> 1;
    float height = step_height(middle, exponent);
    if (height * height >= square) high = middle;
    else low = middle + 1;
  }
  return low;
}

#endif
