/* Loads a matrix into the space, and writes what paths leave of it. */
#ifndef EDGE_CSI_PATHS_MATRIX_H
#define EDGE_CSI_PATHS_MATRIX_H

#include "paths-space.h"

/* Convolves the angle bins of a matrix with the response of the array: kernel is [2][n1 n2]. */
static void apply_response(const path_space *space, const float *kernel, const float *re, const float *im, float *out_re,
                           float *out_im) {
  int32_t one = space->axes[0].count, two = space->axes[1].count, delays = space->axes[2].count;
  int32_t rows = one * two, to, from, t;
  for (to = 0; to < rows; to++, out_re += delays, out_im += delays) {
    for (t = 0; t < delays; t++) out_re[t] = out_im[t] = 0;
    for (from = 0; from < rows; from++) {
      const float *x = re + from * delays, *y = im + from * delays;
      int32_t i = to / two - from / two, j = to % two - from % two;
      int32_t bin = (i < 0 ? i + one : i) * two + (j < 0 ? j + two : j);
      float k_re = kernel[bin], k_im = kernel[rows + bin];
      for (t = 0; t < delays; t++) {
        out_re[t] += k_re * x[t] - k_im * y[t];
        out_im[t] += k_re * y[t] + k_im * x[t];
      }
    }
  }
}

/* The phase of an entry's kernel: the product of those of its bins. */
static void turn_of_row(const path_space *space, int32_t row, float *re, float *im) {
  const path_axis *one = &space->axes[0], *two = &space->axes[1];
  int32_t i = row / two->count, j = row % two->count;
  *re = one->turn_re[i] * two->turn_re[j] - one->turn_im[i] * two->turn_im[j];
  *im = one->turn_re[i] * two->turn_im[j] + one->turn_im[i] * two->turn_re[j];
}

/* Loads a matrix, scaled by a power of two so that its largest part lies in [1, 2), and turned so that kernels are real.
   Returns 0 where all of it is zero, or a part not finite. */
static int load_matrix(path_space *space, const float *csi) {
  int32_t entries = space->entries, delays = space->axes[2].count, i, row, t, half;
  const float *from_re = csi, *from_im = csi + entries;
  float most = 0, first, second;
  if (space->response) {
    apply_response(space, space->response, csi, csi + entries, space->rest_re, space->rest_im);
    from_re = space->rest_re;
    from_im = space->rest_im;
  }
  for (i = 0; i < 2 * entries; i++) {
    float part = magnitude(i < entries ? from_re[i] : from_im[i - entries]);
    /* False for NaN, too. */
    if (!(part <= FLT_MAX)) return 0;
    if (part > most) most = part;
  }
  if (most == 0) return 0;
  space->exponent = (int32_t)(bits_of(most) >> 23) - 127;
  /* Two factors, as one power of two may be out of range. */
  half = (space->exponent + 256) / 2 - 128;
  first = power_of_two(-half);
  second = power_of_two(half - space->exponent);
  for (row = 0, i = 0; i < entries; row++) {
    float row_re, row_im;
    turn_of_row(space, row, &row_re, &row_im);
    for (t = 0; t < delays; t++, i++) {
      float delay_re = space->axes[2].turn_re[t], delay_im = space->axes[2].turn_im[t];
      float turn_re = row_re * delay_re - row_im * delay_im, turn_im = row_re * delay_im + row_im * delay_re;
      float x = (from_re[i] * first) * second, y = (from_im[i] * first) * second;
      space->re[i] = x * turn_re - y * turn_im;
      space->im[i] = x * turn_im + y * turn_re;
    }
  }
  space->energy = inner_product(space->re, space->re, entries) + inner_product(space->im, space->im, entries);
  space->count = 0;
  return 1;
}

/* Writes what the paths leave of the matrix. Returns its energy. */
static float write_residual(path_space *space) {
  int32_t columns = space->axes[1].count, delays = space->axes[2].count, stride = space->stride, count = space->count;
  int32_t ahead = space->axes[0].count + columns, row, rows = space->entries / delays, k, t, at = 0;
  const float *kernels = space->kernels;
  for (row = 0; row < rows; row++) {
    for (k = 0; k < count; k++) {
      const float *kernel = kernels + k * stride;
      float weight = kernel[row / columns];
      if (columns > 1) weight = weight * kernel[space->axes[0].count + row % columns];
      space->weight_re[k] = weight * space->gain_re[k];
      space->weight_im[k] = weight * space->gain_im[k];
    }
    for (t = 0; t + 4 <= delays; t += 4, at += 4) {
      const float *kernel = kernels + ahead + t, *re = space->re + at, *im = space->im + at;
      float a0 = re[0], a1 = re[1], a2 = re[2], a3 = re[3], b0 = im[0], b1 = im[1], b2 = im[2], b3 = im[3];
      for (k = 0; k < count; k++, kernel += stride) {
        float x = space->weight_re[k], y = space->weight_im[k];
        a0 -= x * kernel[0];
        a1 -= x * kernel[1];
        a2 -= x * kernel[2];
        a3 -= x * kernel[3];
        b0 -= y * kernel[0];
        b1 -= y * kernel[1];
        b2 -= y * kernel[2];
        b3 -= y * kernel[3];
      }
      put_four(space->rest_re + at, a0, a1, a2, a3);
      put_four(space->rest_im + at, b0, b1, b2, b3);
    }
    for (; t < delays; t++, at++) {
      const float *kernel = kernels + ahead + t;
      float re = space->re[at], im = space->im[at];
      for (k = 0; k < count; k++, kernel += stride) {
        re -= space->weight_re[k] * *kernel;
        im -= space->weight_im[k] * *kernel;
      }
      space->rest_re[at] = re;
      space->rest_im[at] = im;
    }
  }
  return inner_product(space->rest_re, space->rest_re, at) + inner_product(space->rest_im, space->rest_im, at);
}

static float power_of_rest(const path_space *space, int32_t at) {
  return space->rest_re[at] * space->rest_re[at] + space->rest_im[at] * space->rest_im[at];
}

/* Noise power of an entry, by the lower quartile of the residual's, found four bits at a time. */
static float noise_power(const path_space *space) {
  /* Some 256 of many entries will do: every so many, an odd number, so as to meet all delays. */
  int32_t stride = space->entries >> 8 | 1, rank = space->entries / stride >> 2, shift, i;
  uint32_t prefix = 0;
  for (shift = 27; shift >= 19; shift -= 4) {
    int32_t counts[16];
    uint32_t digit;
    for (digit = 0; digit < 16; digit++) counts[digit] = 0;
    for (i = 0; i < space->entries; i += stride) {
      uint32_t digits = bits_of(power_of_rest(space, i)) >> shift;
      if (digits >> 4 == prefix) counts[digits & 15]++;
    }
    for (digit = 0; digit < 15 && rank >= counts[digit]; digit++) rank -= counts[digit];
    prefix = prefix << 4 | digit;
  }
  return float_of(prefix << 19 | 1u << 18) / EDGE_CSI_PATHS_QUARTILE;
}

#endif
