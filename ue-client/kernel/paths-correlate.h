/* Correlations of a candidate with the matrix, and what other paths contribute to them. */
#ifndef EDGE_CSI_PATHS_CORRELATE_H
#define EDGE_CSI_PATHS_CORRELATE_H

#include "paths-space.h"

/* Order of seen_re and seen_im: the value, then derivatives by angle 1, angle 2 and delay. */
enum { VALUE, FIRST_1, FIRST_2, FIRST_3, SECOND_1, SECOND_2, SECOND_3, MIXED_12, MIXED_13, MIXED_23 };

/* line[t] = sum over the angles of k1 k2 X[t], the whole matrix. */
static void sum_rows(path_space *space) {
  int32_t rows = space->axes[0].count, columns = space->axes[1].count, delays = space->axes[2].count, i, j, t = 0;
  float *angle = space->angles;
  const float *weight;
  for (i = 0; i < rows; i++)
    for (j = 0; j < columns; j++) *angle++ = space->probe[0][i] * space->probe[1][j];
  for (; t + 4 <= delays; t += 4) {
    const float *re = space->re + t, *im = space->im + t;
    float a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    for (weight = space->angles; weight < angle; weight++, re += delays, im += delays) {
      float w = *weight;
      a0 += w * re[0];
      a1 += w * re[1];
      a2 += w * re[2];
      a3 += w * re[3];
      b0 += w * im[0];
      b1 += w * im[1];
      b2 += w * im[2];
      b3 += w * im[3];
    }
    put_four(space->line_re + t, a0, a1, a2, a3);
    put_four(space->line_im + t, b0, b1, b2, b3);
  }
  for (; t < delays; t++) {
    const float *re = space->re + t, *im = space->im + t;
    float a = 0, b = 0;
    for (weight = space->angles; weight < angle; weight++, re += delays, im += delays) {
      a += *weight * *re;
      b += *weight * *im;
    }
    space->line_re[t] = a;
    space->line_im[t] = b;
  }
}

static void write_probe(path_space *space, const float *place) {
  int32_t axis;
  for (axis = 0; axis < 3; axis++) {
    write_kernel(&space->axes[axis], space->probe[axis], 1, place[axis], 0, space->axes[axis].count);
  }
}

static void see_matrix(path_space *space) {
  int32_t delays = space->axes[2].count;
  sum_rows(space);
  space->seen_re[VALUE] = inner_product(space->probe[2], space->line_re, delays);
  space->seen_im[VALUE] = inner_product(space->probe[2], space->line_im, delays);
}

static void see_paths(path_space *space) {
  int32_t one = space->axes[0].count, two = space->axes[1].count, delays = space->axes[2].count, j;
  const float *at = space->kernels;
  for (j = 0; j < space->count; j++, at += space->stride) {
    float product = inner_product(space->probe[0], at, one);
    if (two > 1) product = product * inner_product(space->probe[1], at + one, two);
    space->products[j] = product * inner_product(space->probe[2], at + one + two, delays);
  }
}

/* Computes the kernels of a candidate, its correlation with the matrix, and its inner products with the paths. */
static void probe_at(path_space *space, const float *place) {
  write_probe(space, place);
  see_matrix(space);
  see_paths(space);
}

/* Takes what all paths but `skip` contribute out of a correlation. row: inner products. */
static void take_others(path_space *space, int32_t skip, const float *row) {
  float re = space->seen_re[VALUE], im = space->seen_im[VALUE];
  int32_t j;
  for (j = 0; j < space->count; j++) {
    if (j == skip) continue;
    re -= row[j] * space->gain_re[j];
    im -= row[j] * space->gain_im[j];
  }
  space->seen_re[VALUE] = re;
  space->seen_im[VALUE] = im;
}

/* What all other paths leave of path k's correlation with the matrix. */
static void hear_alone(path_space *space, int32_t k) {
  space->seen_re[VALUE] = space->heard_re[k];
  space->seen_im[VALUE] = space->heard_im[k];
  take_others(space, k, space->gram + k * space->capacity);
}

/* First bin of a stretch around a position. */
static int32_t first_near(const path_axis *axis, float position, int32_t length) {
  int32_t from;
  if (length == axis->count) return 0;
  from = (int32_t)position - (length >> 1) + 1;
  if (axis->whole) return from < 0 ? from + axis->count : from >= axis->count ? from - axis->count : from;
  return from < 0 ? 0 : from > axis->count - length ? axis->count - length : from;
}

/* What sum_near does, for fewer than four delays. */
static void sum_near_few(const path_space *space, const float *const *a, const float *const *b, const float *x,
                         float *out) {
  int32_t rows = space->near_length[0], columns = space->near_length[1], width = space->near_length[2], t, m, r, c, i, j;
  for (t = 0; t < width; t++) {
    for (m = 0; m < 3; m++) {
      float sum = 0;
      for (r = 0, i = space->near_from[0]; r < rows; r++, i++) {
        if (i == space->axes[0].count) i = 0;
        for (c = 0, j = space->near_from[1]; c < columns; c++, j++) {
          if (j == space->axes[1].count) j = 0;
          sum += (a[m][r] * b[m][c]) * x[(i * space->axes[1].count + j) * space->axes[2].count + space->near_from[2] + t];
        }
      }
      out[2 * m * width + t] = sum;
    }
  }
}

/* Sums one part of a matrix near a candidate over the angles, with three pairs of derivatives at once: line m is
   sum a_m(r) b_m(c) X[r, c], a and b being [length] each. out: line m at 2 m width. */
static void sum_near(const path_space *space, const float *const *a, const float *const *b, const float *x, float *out) {
  int32_t one = space->axes[0].count, two = space->axes[1].count, delays = space->axes[2].count, t, r, c, i, j;
  int32_t rows = space->near_length[0], columns = space->near_length[1], width = space->near_length[2];
  if (width < 4) {
    sum_near_few(space, a, b, x, out);
    return;
  }
  for (t = 0; t < width; t += 4) {
    /* The last four may overlap the ones before: the same sums once more. */
    int32_t at = t + 4 <= width ? t : width - 4, first = space->near_from[2] + at;
    float p0 = 0, p1 = 0, p2 = 0, p3 = 0, q0 = 0, q1 = 0, q2 = 0, q3 = 0, s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (r = 0, i = space->near_from[0]; r < rows; r++, i++) {
      if (i == one) i = 0;
      for (c = 0, j = space->near_from[1]; c < columns; c++, j++) {
        const float *from;
        float p, q, s;
        if (j == two) j = 0;
        from = x + (i * two + j) * delays + first;
        p = a[0][r] * b[0][c];
        q = a[1][r] * b[1][c];
        s = a[2][r] * b[2][c];
        p0 += p * from[0];
        q0 += q * from[0];
        s0 += s * from[0];
        p1 += p * from[1];
        q1 += q * from[1];
        s1 += s * from[1];
        p2 += p * from[2];
        q2 += q * from[2];
        s2 += s * from[2];
        p3 += p * from[3];
        q3 += q * from[3];
        s3 += s * from[3];
      }
    }
    put_four(out + at, p0, p1, p2, p3);
    put_four(out + 2 * width + at, q0, q1, q2, q3);
    put_four(out + 4 * width + at, s0, s1, s2, s3);
  }
}

static void dot_line(path_space *space, int32_t width, int32_t line, int32_t order, int32_t to) {
  const float *kernel = space->near[2] + order * width, *at = space->lines + 2 * line * width;
  space->seen_re[to] = inner_product(kernel, at, width);
  space->seen_im[to] = inner_product(kernel, at + width, width);
}

/* Correlates a matrix with the stretches of a candidate's kernels near it, and their derivatives. */
static void correlate_near(path_space *space, const float *place, const float *re, const float *im) {
  const path_axis *axes = space->axes;
  int32_t rows = space->near_length[0], columns = space->near_length[1], width = space->near_length[2];
  int32_t planar = axes[1].count > 1, axis;
  const float *k1 = space->near[0], *k2 = space->near[1];
  for (axis = 0; axis < 3; axis++) {
    int32_t from = first_near(&axes[axis], place[axis], space->near_length[axis]);
    space->near_from[axis] = from;
    write_kernel(&axes[axis], space->near[axis], 3, place[axis], from, space->near_length[axis]);
  }
  {
    const float *a[3] = {k1, k1 + rows, k1 + 2 * rows}, *b[3] = {k2, k2, k2};
    sum_near(space, a, b, re, space->lines);
    sum_near(space, a, b, im, space->lines + width);
  }
  if (planar) {
    const float *a[3] = {k1, k1, k1 + rows}, *b[3] = {k2 + columns, k2 + 2 * columns, k2 + columns};
    sum_near(space, a, b, re, space->lines + 6 * width);
    sum_near(space, a, b, im, space->lines + 7 * width);
  }
  dot_line(space, width, 0, 0, VALUE);
  dot_line(space, width, 0, 1, FIRST_3);
  dot_line(space, width, 0, 2, SECOND_3);
  dot_line(space, width, 1, 0, FIRST_1);
  dot_line(space, width, 1, 1, MIXED_13);
  dot_line(space, width, 2, 0, SECOND_1);
  if (!planar) return;
  dot_line(space, width, 3, 0, FIRST_2);
  dot_line(space, width, 3, 1, MIXED_23);
  dot_line(space, width, 4, 0, SECOND_2);
  dot_line(space, width, 5, 0, MIXED_12);
}

/* Inner products of a stretch and its derivatives with a path's kernel along an axis. */
static void near_products(const path_space *space, int32_t axis, const float *kernel, float *out) {
  int32_t length = space->near_length[axis], count = space->axes[axis].count, r, i = space->near_from[axis];
  const float *near = space->near[axis];
  float s0 = 0, s1 = 0, s2 = 0;
  for (r = 0; r < length; r++, i++) {
    if (i == count) i = 0;
    s0 += near[r] * kernel[i];
    s1 += near[length + r] * kernel[i];
    s2 += near[2 * length + r] * kernel[i];
  }
  out[0] = s0;
  out[1] = s1;
  out[2] = s2;
}

/* Takes what all paths but `skip` contribute out of what correlate_near left. */
static void take_others_near(path_space *space, int32_t skip) {
  int32_t one = space->axes[0].count, two = space->axes[1].count, j, at;
  for (j = 0; j < space->count; j++) {
    const float *kernel = space->kernels + j * space->stride;
    float re = space->gain_re[j], im = space->gain_im[j], a[3], b[3], d[3], products[10];
    if (j == skip || (re == 0 && im == 0)) continue;
    near_products(space, 0, kernel, a);
    near_products(space, 1, kernel + one, b);
    near_products(space, 2, kernel + one + two, d);
    products[VALUE] = (a[0] * b[0]) * d[0];
    products[FIRST_1] = a[1] * (b[0] * d[0]);
    products[SECOND_1] = a[2] * (b[0] * d[0]);
    products[FIRST_3] = (a[0] * b[0]) * d[1];
    products[SECOND_3] = (a[0] * b[0]) * d[2];
    products[MIXED_13] = (a[1] * b[0]) * d[1];
    products[FIRST_2] = (a[0] * b[1]) * d[0];
    products[SECOND_2] = (a[0] * b[2]) * d[0];
    products[MIXED_12] = (a[1] * b[1]) * d[0];
    products[MIXED_23] = (a[0] * b[1]) * d[1];
    for (at = 0; at < 10; at++) {
      space->seen_re[at] -= products[at] * re;
      space->seen_im[at] -= products[at] * im;
    }
  }
}

#endif
