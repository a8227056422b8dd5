/* One axis of the matrix, angle or delay, and the kernel of a position on it. */
#ifndef EDGE_CSI_PATHS_AXIS_H
#define EDGE_CSI_PATHS_AXIS_H

#include "paths-turn.h"

/* What a complex exponential becomes under a unitary inverse DFT of `size` points, of which `count` bins are kept: up to
   phases that are turned out, sin(pi e) / (size sin(pi (u - i) / size)) at bin i, u = u0 + e, u0 the nearest bin. */
typedef struct {
  int32_t size;
  int32_t count;
  int whole;
  /* Largest position. */
  float last;
  float inverse_size;
  float bend;
  /* sin and cos of pi d / size, d from 0 to count. */
  const float *sine;
  const float *cosine;
  const float *peak;
  const float *turn_re;
  const float *turn_im;
} path_axis;

/* A position brought back onto the axis: wrapped, or held at the edge of the window. */
static float onto_axis(const path_axis *axis, float position) {
  if (axis->whole) {
    if (position < 0) return position + (float)axis->size;
    return position >= (float)axis->size ? position - (float)axis->size : position;
  }
  return position < 0 ? 0 : position > axis->last ? axis->last : position;
}

/* Sum of products, as four sums of every fourth one. */
static float inner_product(const float *a, const float *b, int32_t count) {
  float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  int32_t i = 0;
  for (; i + 4 <= count; i += 4, a += 4, b += 4) {
    s0 += a[0] * b[0];
    s1 += a[1] * b[1];
    s2 += a[2] * b[2];
    s3 += a[3] * b[3];
  }
  for (; i < count; i++) s0 += *a++ * *b++;
  return (s0 + s1) + (s2 + s3);
}

static void put_four(float *to, float a, float b, float c, float d) {
  to[0] = a;
  to[1] = b;
  to[2] = c;
  to[3] = d;
}

/* The entry at the peak, where the closed form divides zero by zero. */
static void write_peak(const float *peak, float *out, int32_t stride, float off) {
  float square = off * off, value = 0, first = 0, second = 0;
  int32_t m;
  for (m = EDGE_CSI_PATHS_PEAK_TERMS - 1; m >= 0; m--) {
    value = value * square + peak[m];
    if (m == 0 || stride == 0) continue;
    first = first * square + (float)(2 * m) * peak[m];
    second = second * square + (float)(2 * m * (2 * m - 1)) * peak[m];
  }
  out[0] = value;
  if (stride == 0) return;
  out[stride] = first * off;
  out[2 * stride] = second;
}

/* Scales a kernel to unit energy, its derivatives becoming those of the scaled kernel. Returns its norm before. */
static float scale_kernel(float *out, int32_t count, int32_t orders) {
  float norm = square_root(inner_product(out, out, count)), inverse = 1 / norm;
  float *one = out + count, *two = one + count;
  float rise, along, square, curve, twice_rise;
  int32_t i;
  for (i = 0; i < count; i++) out[i] = out[i] * inverse;
  if (orders < 3) return norm;
  rise = inner_product(out, one, count);
  along = inner_product(out, two, count);
  square = inner_product(one, one, count);
  curve = along + (square - rise * rise) * inverse;
  twice_rise = 2 * rise;
  for (i = 0; i < count; i++) {
    float first = (one[i] - rise * out[i]) * inverse;
    one[i] = first;
    two[i] = (two[i] - (twice_rise * first + curve * out[i])) * inverse;
  }
  return norm;
}

/* Writes `length` bins of the kernel of a position from bin `from` on, around the end, of unit energy, and its derivatives
   where orders is 3: [orders][length]. Returns the norm before scaling: 1 for all of a whole axis. */
static float write_kernel(const path_axis *axis, float *out, int32_t orders, float position, int32_t from,
                          int32_t length) {
  int32_t nearest = (int32_t)(position + 0.5f), r, i;
  float off = position - (float)nearest, small = off * axis->inverse_size;
  float numerator = sine_of_half_turns(off), small_sine = sine_of_half_turns(small);
  float small_cosine = cosine_of_half_turns(small), slope = 0, bent = 0;
  if (nearest >= axis->size) nearest -= axis->size;
  if (orders == 3) {
    slope = cosine_of_half_turns(off);
    bent = axis->bend * numerator;
  }
  for (r = 0, i = from; r < length; r++, i++) {
    int32_t d;
    float weight, sine, cosine;
    if (i == axis->count) i = 0;
    d = nearest - i;
    if (d == 0) {
      write_peak(axis->peak, out + r, orders == 3 ? length : 0, off);
      continue;
    }
    sine = d < 0 ? -axis->sine[-d] : axis->sine[d];
    cosine = axis->cosine[d < 0 ? -d : d];
    weight = axis->inverse_size / (sine * small_cosine + cosine * small_sine);
    out[r] = numerator * weight;
    if (orders == 3) {
      float c = cosine * small_cosine - sine * small_sine;
      float first = (EDGE_CSI_PATHS_PI * weight) * (slope - out[r] * c);
      out[length + r] = first;
      out[2 * length + r] = weight * (bent + (EDGE_CSI_PATHS_MINUS_TWO_PI * c) * first);
    }
  }
  return axis->size == length ? 1 : scale_kernel(out, length, orders);
}

#endif
