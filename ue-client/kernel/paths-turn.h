/* Sines, cosines, turns and powers of two out of additions and multiplications: the same bits everywhere. */
#ifndef EDGE_CSI_PATHS_TURN_H
#define EDGE_CSI_PATHS_TURN_H

#include <float.h>

#include "paths-constants.h"
#include "paths.h"

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error "float has to be computed in float: compile with -msse2 -mfpmath=sse, say"
#endif

#ifdef __GNUC__
#define square_root __builtin_sqrtf
#define copy_bytes __builtin_memcpy
#else
#include <math.h>
#include <string.h>
#define square_root sqrtf
#define copy_bytes memcpy
#endif

static uint32_t bits_of(float value) {
  uint32_t bits;
  copy_bytes(&bits, &value, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float value;
  copy_bytes(&value, &bits, sizeof value);
  return value;
}

/* 2^exponent, -126 .. 127. */
static float power_of_two(int32_t exponent) { return float_of((uint32_t)(exponent + 127) << 23); }

static float magnitude(float value) { return value < 0 ? -value : value; }

/* sin(pi x), |x| <= 1/2. */
static float sine_of_half_turns(float x) {
  static const float terms[7] = EDGE_CSI_PATHS_SINE;
  float y = x * x, sum = terms[6];
  int32_t k;
  for (k = 5; k >= 0; k--) sum = sum * y + terms[k];
  return sum * x;
}

/* cos(pi x), |x| <= 1/2. */
static float cosine_of_half_turns(float x) {
  static const float terms[7] = EDGE_CSI_PATHS_COSINE;
  float y = x * x, sum = terms[6];
  int32_t k;
  for (k = 5; k >= 0; k--) sum = sum * y + terms[k];
  return sum;
}

/* atan(x) / 2 pi, 0 <= x <= 1. */
static float arc_of_ratio(float x) {
  static const float terms[6] = EDGE_CSI_PATHS_ARC;
  float y = x * x, sum = terms[5];
  int32_t k;
  for (k = 4; k >= 0; k--) sum = sum * y + terms[k];
  return sum * x;
}

/* The angle of re + j im as a share of a turn, in [0, 1); 0 for 0. */
static float turn_of(float re, float im) {
  float x = magnitude(re), y = magnitude(im), turn;
  if (x == 0 && y == 0) return 0;
  turn = x >= y ? arc_of_ratio(y / x) : 0.25f - arc_of_ratio(x / y);
  if (re < 0) turn = 0.5f - turn;
  if (im < 0) turn = 1 - turn;
  return turn >= 1 ? 0 : turn;
}

/* cos(2 pi index / count), 0 <= index < count. */
static float cosine_of_part(int32_t index, int32_t count) {
  int32_t twice = 2 * index, folded = twice <= count ? twice : 2 * count - twice;
  int far = 2 * folded > count;
  float cosine = cosine_of_half_turns((float)(far ? count - folded : folded) / (float)count);
  return far ? -cosine : cosine;
}

/* sin(2 pi index / count). */
static float sine_of_part(int32_t index, int32_t count) {
  int32_t twice = 2 * index, folded = twice <= count ? twice : 2 * count - twice;
  float sine = sine_of_half_turns((float)(2 * folded <= count ? folded : count - folded) / (float)count);
  return twice <= count ? sine : -sine;
}

#endif
