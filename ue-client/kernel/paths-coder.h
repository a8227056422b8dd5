/* Arithmetic coder with 32-bit registers, either way: an encoder takes the value and gives it back, a decoder gives what it
   reads. Zeros at the end are left out, so that bits tell their own length. */
#ifndef EDGE_CSI_PATHS_CODER_H
#define EDGE_CSI_PATHS_CODER_H

#include <stdint.h>

#define HALF 0x80000000u
#define QUARTER 0x40000000u

typedef struct {
  uint32_t low, high;
  /* Encoder: bits held back. Decoder: the register. */
  uint32_t pending;
  uint32_t value;
  uint32_t position;
  /* Bits up to the last one that is not zero. */
  uint32_t length;
  /* Where to write, bits past its end being counted alone; or what to read, zeros past its end. */
  uint8_t *out;
  const uint8_t *in;
  uint32_t bytes;
  /* What an encoder's bits are compared with in place of being written, or null, and whether they differ. */
  const uint8_t *expected;
  int differs;
} path_coder;

static void start_encoder(path_coder *coder, uint8_t *out, uint32_t bytes) {
  uint32_t i;
  coder->low = 0;
  coder->high = 0xffffffffu;
  coder->pending = coder->value = coder->position = coder->length = 0;
  coder->out = out;
  coder->in = 0;
  coder->bytes = bytes;
  coder->expected = 0;
  coder->differs = 0;
  for (i = 0; i < bytes; i++) out[i] = 0;
}

/* Bit number `at`; bits past the end are zeros. */
static uint32_t bit_at(const uint8_t *bytes, uint32_t count, uint32_t at) {
  return at >> 3 < count ? bytes[at >> 3] >> (7 - (at & 7)) & 1u : 0;
}

static uint32_t read_bit(path_coder *coder) { return bit_at(coder->in, coder->bytes, coder->position++); }

static void start_decoder(path_coder *coder, const uint8_t *in, uint32_t bytes) {
  int32_t i;
  start_encoder(coder, 0, 0);
  coder->in = in;
  coder->bytes = bytes;
  for (i = 0; i < 32; i++) coder->value = 2 * coder->value + read_bit(coder);
}

static void put_bit(path_coder *coder, uint32_t bit) {
  uint32_t at = coder->position++;
  if (coder->expected && bit_at(coder->expected, coder->bytes, at) != bit) coder->differs = 1;
  if (bit == 0) return;
  coder->length = at + 1;
  if (coder->out && at >> 3 < coder->bytes) coder->out[at >> 3] |= (uint8_t)(0x80u >> (at & 7));
}

static void emit(path_coder *coder, uint32_t bit) {
  put_bit(coder, bit);
  for (; coder->pending > 0; coder->pending--) put_bit(coder, 1 - bit);
}

/* Narrows the range to low .. high of total, and moves on. */
static void narrow(path_coder *coder, uint32_t low, uint32_t high, uint32_t total) {
  uint64_t range = (uint64_t)coder->high - coder->low + 1;
  coder->high = coder->low + (uint32_t)(range * high / total) - 1;
  coder->low += (uint32_t)(range * low / total);
  for (;;) {
    uint32_t offset = 0;
    if (coder->high < HALF) {
      if (!coder->in) emit(coder, 0);
    } else if (coder->low >= HALF) {
      if (!coder->in) emit(coder, 1);
      offset = HALF;
    } else if (coder->low >= QUARTER && coder->high < HALF + QUARTER) {
      coder->pending++;
      offset = QUARTER;
    } else {
      return;
    }
    coder->low = 2 * (coder->low - offset);
    coder->high = 2 * (coder->high - offset) + 1;
    if (coder->in) coder->value = 2 * (coder->value - offset) + read_bit(coder);
  }
}

/* Bits in all. */
static uint32_t finish(path_coder *coder) {
  /* Any number from low to high will do, and low < half <= high. */
  if (coder->low > 0 || coder->pending > 0) emit(coder, 1);
  return coder->length;
}

/* Which of `total` the decoder reads. */
static uint32_t target_of(const path_coder *coder, uint32_t total) {
  uint64_t range = (uint64_t)coder->high - coder->low + 1;
  return (uint32_t)((((uint64_t)(coder->value - coder->low) + 1) * total - 1) / range);
}

/* One of `total` equally likely values. */
static int32_t code_uniform(path_coder *coder, int32_t value, int32_t total) {
  if (coder->in) value = (int32_t)target_of(coder, (uint32_t)total);
  narrow(coder, (uint32_t)value, (uint32_t)value + 1, (uint32_t)total);
  return value;
}

/* One of `count` values with running sums of frequencies, sums[0] to sums[count]. */
static int32_t code_table(path_coder *coder, int32_t value, const int32_t *sums, int32_t count) {
  uint32_t total = (uint32_t)(sums[count] - sums[0]);
  if (coder->in) {
    int32_t target = (int32_t)target_of(coder, total) + sums[0], high = count - 1;
    value = 0;
    while (value < high) {
      int32_t middle = (value + high + 1) >> 1;
      if (target >= sums[middle]) value = middle;
      else high = middle - 1;
    }
  }
  narrow(coder, (uint32_t)(sums[value] - sums[0]), (uint32_t)(sums[value + 1] - sums[0]), total);
  return value;
}

#endif
