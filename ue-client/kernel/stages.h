/* The stages of the UE encoder that every build shares: bit packing, phase coding, the convolution, the quantiser and the
   thresholds of the phase allocation. Integer arithmetic, so that every build gives the same bits.

   EDGE_CSI_FLOAT_SAMPLES: CSI comes as float, where a build converts it itself; without it, as int16_t. */
#ifndef EDGE_CSI_STAGES_H
#define EDGE_CSI_STAGES_H

#include <stdint.h>

#include "directions.h"

/* Right shifts of negative integers are taken to round down, as they do on every compiler this is built with. */
typedef char edge_csi_shifts_are_arithmetic[(-3 >> 1) == -2 ? 1 : -1];

#ifdef EDGE_CSI_FLOAT_SAMPLES
typedef float edge_csi_sample;
/* 24 + 31 bits: rounded to 53, which no direction but a tie can tell. */
typedef double edge_csi_product;
#else
typedef int16_t edge_csi_sample;
/* 16 + 32 bits: exact. */
typedef int64_t edge_csi_product;
#endif

/* Fine columns see the input divided by this power of two, rounded. */
#define EDGE_CSI_FINE_SHIFT 6

/* Writes fields of 0..8 bits back to back, most significant bit first. */
typedef struct {
  uint8_t *bytes;
  uint32_t pending;
  uint32_t pending_bits;
  uint32_t length;
} edge_csi_bit_writer;

static inline void edge_csi_write_bits(edge_csi_bit_writer *writer, uint32_t value, uint32_t bits) {
  writer->pending = (writer->pending << bits) | value;
  writer->pending_bits += bits;
  if (writer->pending_bits >= 8) {
    writer->pending_bits -= 8;
    writer->bytes[writer->length++] = (uint8_t)(writer->pending >> writer->pending_bits);
  }
}

/* Pads with zeros to a byte. @return bits written in all, without the padding. */
static inline uint32_t edge_csi_finish_bits(edge_csi_bit_writer *writer) {
  uint32_t total = 8 * writer->length + writer->pending_bits;
  if (writer->pending_bits > 0) {
    writer->bytes[writer->length++] = (uint8_t)(writer->pending << (8 - writer->pending_bits));
  }
  return total;
}

/* Whether (x, y), x > 0 and y >= 0, is at an angle of at least k pi / 256, 0 < k < 128. */
static inline int edge_csi_reaches(edge_csi_product x, edge_csi_product y, uint32_t k) {
  if (k == 64) return y >= x;
  if (k < 64) {
    return y * (edge_csi_product)edge_csi_directions[k - 1][0] >= x * (edge_csi_product)edge_csi_directions[k - 1][1];
  }
  return y * (edge_csi_product)edge_csi_directions[127 - k][1] >= x * (edge_csi_product)edge_csi_directions[127 - k][0];
}

/* The phase of re + j im in 2^bits codes, bits 1..8: the nearest, the larger one where two are equally near. The phase of
   zero is code 0. */
static inline uint32_t edge_csi_phase_code(edge_csi_sample re, edge_csi_sample im, uint32_t bits) {
  uint32_t quadrant, angle = 0, step;
  edge_csi_product x, y;
  if (re == 0 && im == 0) return 0;
  /* Rotated into the first quadrant, which has its real axis and not its imaginary one. */
  if (re > 0 && im >= 0) {
    quadrant = 0, x = re, y = im;
  } else if (re <= 0 && im > 0) {
    quadrant = 1, x = im, y = -(edge_csi_product)re;
  } else if (re < 0) {
    quadrant = 2, x = -(edge_csi_product)re, y = -(edge_csi_product)im;
  } else {
    quadrant = 3, x = -(edge_csi_product)im, y = re;
  }
  /* The angle in units of pi / 256, as far as half a code needs it. */
  for (step = 64; step >= 1u << (8 - bits); step >>= 1) {
    if (edge_csi_reaches(x, y, angle + step)) angle += step;
  }
  return (((quadrant << (bits - 1)) + (angle >> (8 - bits)) + 1) >> 1) & ((1u << bits) - 1);
}

/* Coarse magnitudes at which an entry gets its k-th bit, k from 1. */
static inline void edge_csi_thresholds(int64_t *thresholds, uint32_t max_bits, uint32_t theta) {
  uint32_t k;
  for (k = 0; k < max_bits; k++) {
    uint64_t threshold = ((uint64_t)theta * 46341u << (k + 1)) >> 20;
    thresholds[k] = threshold < 1 ? 1 : (int64_t)threshold;
  }
}

static inline uint32_t edge_csi_bits_of(int32_t coarse, const int64_t *thresholds, uint32_t max_bits) {
  uint32_t bits = 0;
  while (bits < max_bits && coarse >= thresholds[bits]) bits++;
  return bits;
}

/* One component of the codeword: level = floor((multiplier sum + offset) / 2^shift), held within its bits. */
typedef struct {
  int64_t offset;
  int32_t multiplier;
  /* At full rate, 1..8. */
  int32_t bits;
} edge_csi_component;

static inline uint32_t edge_csi_level(const edge_csi_component *component, uint32_t shift, int32_t sum) {
  int64_t level = ((int64_t)component->multiplier * sum + component->offset) >> shift;
  int64_t top = (1 << component->bits) - 1;
  return (uint32_t)(level < 0 ? 0 : level > top ? top : level);
}

/* Truncates a level and writes it. @return the centred integer (2 u + 1) 2^d - 2^b. */
static inline int16_t edge_csi_write_level(edge_csi_bit_writer *writer, uint32_t level, int32_t bits, int32_t truncation) {
  int32_t kept = bits > truncation ? bits - truncation : 1;
  int32_t dropped = bits - kept;
  uint32_t truncated = level >> dropped;
  edge_csi_write_bits(writer, truncated, (uint32_t)kept);
  return (int16_t)((int32_t)((2 * truncated + 1) << dropped) - (1 << bits));
}

/* The 3x3 convolution of the full encoder with its normalisation, LeakyReLU and what re-centres the result. */
typedef struct {
  /* Row-major [3][3]; the sum of their magnitudes is below 2^16. */
  int16_t taps[9];
  /* Negative values are multiplied by leak / 2^16. */
  int32_t leak;
  /* A value is (gain sum + offset) / 2^shift, rounded, less centre. */
  int32_t shift;
  int32_t centre;
} edge_csi_convolution;

/* One row of the convolution, zeros around the matrix. above and below are null at its edges; gains and offsets are
   [num_delays]. Value d goes to out[starts[d]]. */
static inline void edge_csi_convolve_row(const edge_csi_convolution *convolution, const int32_t *gains,
                                         const int64_t *offsets, const int16_t *above, const int16_t *row,
                                         const int16_t *below, uint32_t num_delays, const uint16_t *starts,
                                         int16_t *out) {
  const int16_t *rows[3];
  uint32_t d, r, t;
  rows[0] = above, rows[1] = row, rows[2] = below;
  for (d = 0; d < num_delays; d++) {
    int32_t sum = 0;
    int64_t value;
    for (r = 0; r < 3; r++) {
      if (rows[r] == 0) continue;
      for (t = 0; t < 3; t++) {
        if (d + t >= 1 && d + t <= num_delays) sum += convolution->taps[3 * r + t] * rows[r][d + t - 1];
      }
    }
    value = (int64_t)gains[d] * sum + offsets[d];
    if (value < 0) value = (value >> 16) * convolution->leak;
    value = ((value + ((int64_t)1 << (convolution->shift - 1))) >> convolution->shift) - convolution->centre;
    out[starts[d]] = (int16_t)(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
  }
}

/* What the fine columns see of the input. */
static inline int16_t edge_csi_fine_input(int16_t value) {
  return (int16_t)((value + (1 << (EDGE_CSI_FINE_SHIFT - 1))) >> EDGE_CSI_FINE_SHIFT);
}

#endif
