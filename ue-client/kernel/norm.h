/* The norm of the CSI: its level on the wire, and division by it. Needs the constants of weights.h. */
#ifndef EDGE_CSI_NORM_H
#define EDGE_CSI_NORM_H

#include <stdint.h>

static inline uint32_t bit_length32(uint32_t value) {
#ifdef __GNUC__
  return value == 0 ? 0 : 32 - (uint32_t)__builtin_clz(value);
#else
  uint32_t length = 0;
  while (value != 0) value >>= 1, length++;
  return length;
#endif
}

static uint32_t bit_length(uint64_t value) {
  return value >> 32 ? 32 + bit_length32((uint32_t)(value >> 32)) : bit_length32((uint32_t)value);
}

/* A positive number mantissa 2^exponent, its mantissa at least 2^31. */
typedef struct {
  uint32_t mantissa;
  int32_t exponent;
} edge_csi_wide;

static edge_csi_wide wide_of(uint64_t value, int32_t exponent) {
  int32_t excess = (int32_t)bit_length(value) - 32;
  edge_csi_wide wide;
  wide.mantissa = (uint32_t)(excess > 0 ? value >> excess : value << -excess);
  wide.exponent = exponent + excess;
  return wide;
}

static edge_csi_wide wide_product(edge_csi_wide a, edge_csi_wide b) {
  return wide_of((uint64_t)a.mantissa * b.mantissa, a.exponent + b.exponent);
}

static int wide_reaches(edge_csi_wide a, edge_csi_wide b) {
  return a.exponent != b.exponent ? a.exponent > b.exponent : a.mantissa >= b.mantissa;
}

#if EDGE_CSI_SCALE_BITS > 0
/* The level nearest to a power, which is the square of a norm: the number of level edges up to it, found bit by bit. */
static int scale_level(edge_csi_wide power, uint32_t *level) {
  edge_csi_wide edge = {EDGE_CSI_SCALE_FLOOR};
  static const edge_csi_wide steps[EDGE_CSI_SCALE_BITS] = {EDGE_CSI_SCALE_STEPS};
  int32_t bit;
  *level = 0;
  if (!wide_reaches(power, edge)) return 0;
  for (bit = EDGE_CSI_SCALE_BITS - 1; bit >= 0; bit--) {
    edge_csi_wide next = wide_product(edge, steps[bit]);
    if (!wide_reaches(power, next)) continue;
    edge = next;
    *level |= 1u << bit;
  }
  return !wide_reaches(power, wide_product(edge, steps[0]));
}
#endif

/* floor(sqrt(value)) */
static uint32_t square_root(uint32_t value) {
  uint32_t root, next, shift;
  if (value == 0) return 0;
  shift = (bit_length32(value) + 1) / 2;
  /* From above, Newton's method never goes below. */
  for (next = (uint32_t)1 << shift;;) {
    root = next;
    next = (root + value / root) >> 1;
    if (next >= root) return root > 65535 ? 65535 : root;
  }
}

/* Divides by a norm as if exactly. */
typedef struct {
  uint64_t power;      /* the norm's square */
  uint64_t reciprocal; /* 2^63 over its leading 32 bits, rounded up */
  uint32_t shift;
} edge_csi_divider;

static edge_csi_divider divider_of(uint64_t power) {
  edge_csi_divider divider;
  uint32_t length = bit_length(power);
  uint64_t leading;
  divider.power = power;
  divider.shift = length - 1;
  leading = length > 32 ? (power >> (length - 32)) + 1 : power << (32 - length);
  divider.reciprocal = ((uint64_t)1 << 63) / leading;
  return divider;
}

/* round(2^15 sqrt(square) / norm), exactly, and at most 32767. */
static int16_t normalised(const edge_csi_divider *divider, uint32_t square) {
  /* A little below 2^32 square / power; where the rest could matter, the division itself. */
  uint64_t quotient = (square * divider->reciprocal) >> divider->shift;
  uint32_t root = quotient > 0xffffffffu ? 65535 : square_root((uint32_t)quotient);
  uint64_t next = ((uint64_t)root + 1) * (root + 1);
  uint32_t value;
  if (next - quotient <= (quotient >> 29) + 2) {
    quotient = ((uint64_t)square << 32) / divider->power;
    root = quotient > 0xffffffffu ? 65535 : square_root((uint32_t)quotient);
  }
  value = (root + 1) >> 1;
  return (int16_t)(value > 32767 ? 32767 : value);
}

static uint32_t square_of(int32_t value) { return (uint32_t)(value * value); }

#endif
