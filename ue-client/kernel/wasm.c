/* The UE encoder as a WebAssembly module: float CSI in, packed codeword and phase codes out. Built with and without SIMD;
   both give the same bytes with int8 weights, since what is not integer is done value by value in double, or summed in a
   stated order. No library, no allocation: the host lays out the memory and fills in the model.

   EDGE_CSI_FLOAT_WEIGHTS: a module for float32 weights; without it, for int8. */
#define EDGE_CSI_FLOAT_SAMPLES
#include "stages.h"
#include "wasm-model.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define EXPORT(name) __attribute__((export_name(#name)))

/* The Frobenius norm. Eight partial sums, one for each residue of the index, so that SIMD has the scalar's result. */
static double norm_of(const float *values, uint32_t count) {
  uint32_t i = 0;
  double sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
#ifdef __wasm_simd128__
  v128_t s0 = wasm_f64x2_const(0, 0), s1 = s0, s2 = s0, s3 = s0;
  for (; i + 8 <= count; i += 8) {
    v128_t low = wasm_v128_load(values + i), high = wasm_v128_load(values + i + 4);
    v128_t a = wasm_f64x2_promote_low_f32x4(low), c = wasm_f64x2_promote_low_f32x4(high);
    v128_t b = wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(low, low, 2, 3, 2, 3));
    v128_t d = wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(high, high, 2, 3, 2, 3));
    s0 = wasm_f64x2_add(s0, wasm_f64x2_mul(a, a));
    s1 = wasm_f64x2_add(s1, wasm_f64x2_mul(b, b));
    s2 = wasm_f64x2_add(s2, wasm_f64x2_mul(c, c));
    s3 = wasm_f64x2_add(s3, wasm_f64x2_mul(d, d));
  }
  wasm_v128_store(sums, s0);
  wasm_v128_store(sums + 2, s1);
  wasm_v128_store(sums + 4, s2);
  wasm_v128_store(sums + 6, s3);
#endif
  for (; i < count; i++) sums[i & 7] += (double)values[i] * values[i];
  return __builtin_sqrt(((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7])));
}

/* out = matrix * vector; rows a multiple of 4, width of 8. */
static void multiply(const int8_t *matrix, const int16_t *vector, uint32_t rows, uint32_t width, int32_t *out) {
  uint32_t row, i;
#ifdef __wasm_simd128__
  for (row = 0; row < rows; row += 4, matrix += 4 * width) {
    v128_t s0 = wasm_i32x4_const(0, 0, 0, 0), s1 = s0, s2 = s0, s3 = s0;
    for (i = 0; i < width; i += 8) {
      v128_t x = wasm_v128_load(vector + i);
      s0 = wasm_i32x4_add(s0, wasm_i32x4_dot_i16x8(x, wasm_i16x8_load8x8(matrix + i)));
      s1 = wasm_i32x4_add(s1, wasm_i32x4_dot_i16x8(x, wasm_i16x8_load8x8(matrix + width + i)));
      s2 = wasm_i32x4_add(s2, wasm_i32x4_dot_i16x8(x, wasm_i16x8_load8x8(matrix + 2 * width + i)));
      s3 = wasm_i32x4_add(s3, wasm_i32x4_dot_i16x8(x, wasm_i16x8_load8x8(matrix + 3 * width + i)));
    }
    s0 = wasm_i32x4_add(wasm_i32x4_shuffle(s0, s1, 0, 4, 1, 5), wasm_i32x4_shuffle(s0, s1, 2, 6, 3, 7));
    s2 = wasm_i32x4_add(wasm_i32x4_shuffle(s2, s3, 0, 4, 1, 5), wasm_i32x4_shuffle(s2, s3, 2, 6, 3, 7));
    wasm_v128_store(out + row,
                    wasm_i32x4_add(wasm_i32x4_shuffle(s0, s2, 0, 1, 4, 5), wasm_i32x4_shuffle(s0, s2, 2, 3, 6, 7)));
  }
#else
  for (row = 0; row < rows; row++, matrix += width) {
    uint32_t sum = 0;
    for (i = 0; i < width; i++) sum += (uint32_t)(matrix[i] * vector[i]);
    out[row] = (int32_t)sum;
  }
#endif
}

/* Thresholds and codes of every entry, the codeword being known. @return phase bits. */
static int32_t code_phases(const edge_model *m, uint32_t theta) {
  uint32_t n = m->num_antennas * m->num_delays, entries = n * m->planes, i;
  int64_t thresholds[8];
  edge_csi_bit_writer writer = {m->phase, 0, 0, 0};
  edge_csi_thresholds(thresholds, m->max_bits, theta);
  multiply(m->allocation, m->centred, (entries + 3) & ~3u, m->allocation_width, m->coarse);
  for (i = 0; i < entries; i++) {
    int32_t coarse = (int32_t)((uint32_t)m->coarse[i] + (uint32_t)m->allocation_bias[i]);
    uint32_t bits = edge_csi_bits_of(coarse, thresholds, m->max_bits);
    if (bits == 0) continue;
    if (m->planes == 2) edge_csi_write_bits(&writer, m->csi[i] < 0, 1);
    else edge_csi_write_bits(&writer, edge_csi_phase_code(m->csi[i], m->csi[n + i], bits), bits);
  }
  return (int32_t)edge_csi_finish_bits(&writer);
}

/* The norm into the model. @return 0 where it is of no use: a value is not finite, or all are zero. */
static int measure(edge_model *m) {
  m->norm = norm_of(m->csi, 2 * m->num_antennas * m->num_delays);
  return m->norm > 0 && m->norm <= __DBL_MAX__;
}

#ifndef EDGE_CSI_FLOAT_WEIGHTS

static int16_t to_int16(double value) {
  double rounded = __builtin_floor(value + 0.5);
  return (int16_t)(rounded < -32768.0 ? -32768 : rounded > 32767.0 ? 32767 : (int32_t)rounded);
}

#ifdef __wasm_simd128__
/* Two squares' sums' roots, scaled: |h| scale + offset. */
static inline v128_t scaled_roots(v128_t re, v128_t im, v128_t scale, v128_t offset) {
  v128_t x = wasm_f64x2_promote_low_f32x4(re), y = wasm_f64x2_promote_low_f32x4(im);
  v128_t power = wasm_f64x2_add(wasm_f64x2_mul(x, x), wasm_f64x2_mul(y, y));
  return wasm_f64x2_add(wasm_f64x2_mul(wasm_f64x2_sqrt(power), scale), offset);
}

static inline v128_t rounded(v128_t value) {
  return wasm_i32x4_trunc_sat_f64x2_zero(wasm_f64x2_floor(wasm_f64x2_add(value, wasm_f64x2_const(0.5, 0.5))));
}
#endif

/* Writes the components of the CSI in their own order, scaled to int16. */
static void scale_to_int16(const edge_model *m, double scale) {
  uint32_t n = m->num_antennas * m->num_delays, i = 0;
  const float *re = m->csi, *im = m->csi + n;
  int16_t *out = m->natural;
  if (m->planes == 2) {
    for (; i < 2 * n; i++) out[i] = to_int16(__builtin_fabs((double)re[i]) * scale + m->offset);
    return;
  }
#ifdef __wasm_simd128__
  v128_t s = wasm_f64x2_splat(scale), o = wasm_f64x2_splat(m->offset);
  for (; i + 4 <= n; i += 4) {
    v128_t a = wasm_v128_load(re + i), b = wasm_v128_load(im + i);
    v128_t low = rounded(scaled_roots(a, b, s, o));
    v128_t high = rounded(
        scaled_roots(wasm_i32x4_shuffle(a, a, 2, 3, 2, 3), wasm_i32x4_shuffle(b, b, 2, 3, 2, 3), s, o));
    v128_t both = wasm_i32x4_shuffle(low, high, 0, 1, 4, 5);
    wasm_v128_store64_lane(out + i, wasm_i16x8_narrow_i32x4(both, both), 0);
  }
#endif
  for (; i < n; i++) {
    double x = re[i], y = im[i];
    out[i] = to_int16(__builtin_sqrt(x * x + y * y) * scale + m->offset);
  }
}

/* The input of the Dense layer, then what its fine columns see. */
static void arrange_int16(const edge_model *m) {
  uint32_t a, d, p, i, nt = m->num_antennas, nd = m->num_delays, n = nt * nd * m->planes;
  const int16_t *from = m->natural;
  if (m->convolution) {
    for (a = 0; a < nt; a++, from += nd) {
      const int64_t *offsets = m->conv_offsets + nd * (a == 0 ? 0 : a + 1 < nt ? 1 : 2);
      edge_csi_convolve_row(m->convolution, m->conv_gains, offsets, a ? from - nd : 0, from, a + 1 < nt ? from + nd : 0, nd,
                            m->starts, m->input + a);
    }
  } else {
    for (p = 0; p < m->planes; p++) {
      for (a = 0; a < nt; a++, from += nd) {
        for (d = 0; d < nd; d++) m->input[m->starts[d] + p * nt + a] = from[d];
      }
    }
  }
  for (i = 0; i < m->num_fine; i++) m->input[n + i] = edge_csi_fine_input(m->input[i]);
}

/* Encodes the CSI with int8 weights. @return phase bits, or -1 where the CSI is not usable. */
EXPORT(encode) int32_t encode(edge_model *m, int32_t truncation, uint32_t theta) {
  uint32_t j;
  edge_csi_bit_writer writer = {m->codeword, 0, 0, 0};
  if (!measure(m)) return -1;
  scale_to_int16(m, m->spherical ? m->scale / m->norm : m->scale);
  arrange_int16(m);
  multiply(m->weights, m->input, m->num_rows, m->width, m->sums);
  for (j = 0; j < m->codeword_length; j++) {
    uint32_t level = edge_csi_level(m->components + j, m->quantiser_shift, m->sums[j]);
    m->centred[j] = edge_csi_write_level(&writer, level, m->components[j].bits, truncation);
  }
  edge_csi_finish_bits(&writer);
  return code_phases(m, theta);
}

#else

/* The network's input as csi normalises it. */
static void scale_to_float(const edge_model *m, double scale) {
  uint32_t n = m->num_antennas * m->num_delays, i;
  const float *re = m->csi, *im = m->csi + n;
  if (m->planes == 2) {
    for (i = 0; i < 2 * n; i++) m->float_natural[i] = (float)(__builtin_fabs((double)re[i]) * scale + m->offset);
    return;
  }
  for (i = 0; i < n; i++) {
    double x = re[i], y = im[i];
    m->float_natural[i] = (float)(__builtin_sqrt(x * x + y * y) * scale + m->offset);
  }
}

/* taps [9], bias, leak, gains [num_delays], shifts [num_delays]. */
static float convolved(const edge_model *m, uint32_t a, uint32_t d) {
  const float *c = m->float_convolution;
  uint32_t r, t, nd = m->num_delays;
  float sum = c[9];
  for (r = 0; r < 3; r++) {
    if (a + r < 1 || a + r > m->num_antennas) continue;
    for (t = 0; t < 3; t++) {
      if (d + t >= 1 && d + t <= nd) sum += c[3 * r + t] * m->float_natural[(a + r - 1) * nd + d + t - 1];
    }
  }
  sum = sum * c[11 + d] + c[11 + nd + d];
  return sum < 0 ? sum * c[10] : sum;
}

static void arrange_float(const edge_model *m) {
  uint32_t a, d, p, nt = m->num_antennas, nd = m->num_delays;
  const float *from = m->float_natural;
  for (p = 0; p < m->planes; p++) {
    for (a = 0; a < nt; a++, from += nd) {
      for (d = 0; d < nd; d++) {
        m->float_input[m->starts[d] + p * nt + a] = m->float_convolution ? convolved(m, a, d) : from[d];
      }
    }
  }
}

/* The sums of four rows, lane by lane. */
static void multiply_float(const float *w, const float *x, uint32_t width, float *out) {
  uint32_t row, i;
#ifdef __wasm_simd128__
  v128_t s[4];
  for (row = 0; row < 4; row++) s[row] = wasm_f32x4_const(0, 0, 0, 0);
  for (i = 0; i < width; i += 4) {
    v128_t v = wasm_v128_load(x + i);
    for (row = 0; row < 4; row++) s[row] = wasm_f32x4_add(s[row], wasm_f32x4_mul(v, wasm_v128_load(w + row * width + i)));
  }
  for (row = 0; row < 4; row++) {
    out[row] = (wasm_f32x4_extract_lane(s[row], 0) + wasm_f32x4_extract_lane(s[row], 2)) +
               (wasm_f32x4_extract_lane(s[row], 1) + wasm_f32x4_extract_lane(s[row], 3));
  }
#else
  for (row = 0; row < 4; row++, w += width) {
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (i = 0; i < width; i += 4) {
      s0 += w[i] * x[i], s1 += w[i + 1] * x[i + 1], s2 += w[i + 2] * x[i + 2], s3 += w[i + 3] * x[i + 3];
    }
    out[row] = (s0 + s2) + (s1 + s3);
  }
#endif
}

/* Encodes the CSI with float32 weights. @return phase bits, or -1 where the CSI is not usable. */
EXPORT(encode) int32_t encode(edge_model *m, int32_t truncation, uint32_t theta) {
  uint32_t j, k;
  edge_csi_bit_writer writer = {m->codeword, 0, 0, 0};
  if (!measure(m)) return -1;
  scale_to_float(m, m->spherical ? m->scale / m->norm : m->scale);
  arrange_float(m);
  for (j = 0; j < m->codeword_length; j += 4) {
    float sums[4];
    multiply_float(m->float_weights + j * m->width, m->float_input, m->width, sums);
    for (k = j; k < j + 4 && k < m->codeword_length; k++) {
      int32_t bits = m->components[k].bits;
      double level = __builtin_floor((double)(sums[k - j] + m->float_bias[k]) / m->steps[k]) + (1 << (bits - 1));
      double top = (1 << bits) - 1;
      uint32_t held = level < 0 ? 0 : level > top ? (uint32_t)top : (uint32_t)level;
      m->centred[k] = edge_csi_write_level(&writer, held, bits, truncation);
    }
  }
  edge_csi_finish_bits(&writer);
  return code_phases(m, theta);
}

#endif
