/* Encodes golden vectors and compares every byte of their frames. On a host:
     cc -std=c99 -O2 -o self-test self-test.c && ./self-test
   It includes encoder.c, so as to reach both forms of the Dense layer's inner loop. */
#include "encoder.c"

#include "golden.h"

#ifdef EDGE_CSI_CORTEX_M
#include "cortex-m.h"
#else
#include <stdio.h>
static void say(const char *text) { fputs(text, stdout); }
#endif

static edge_csi_encoder encoder;

static void say_number(const char *name, uint32_t value) {
  char digits[11];
  uint32_t at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  say(name), say(" "), say(digits + at), say("\n");
}

static int check_vector(const edge_csi_golden *golden) {
  static const edge_csi_header header = {EDGE_CSI_GOLDEN_HEADER};
  const uint8_t *frame;
  uint32_t i, length;
  int32_t bits = edge_csi_encode(&encoder, golden->csi, golden->exponent, golden->truncation, golden->theta);
  if (bits != golden->payload_bits) return 0;
  length = edge_csi_frame(&encoder, &header, &frame);
  if (length != golden->frame_bytes) return 0;
  for (i = 0; i < length; i++) {
    if (frame[i] != golden->frame[i]) return 0;
  }
  return 1;
}

/* The SIMD loop against the portable one, on every row and the input of the last vector. */
static int check_simd(void) {
#if EDGE_CSI_SIMD
  uint32_t j;
  for (j = 0; j < EDGE_CSI_CODEWORD_LENGTH; j++) {
    const int8_t *row = edge_csi_weights + j * EDGE_CSI_NUM_WIDE;
    if (dot_simd(row, encoder.input, EDGE_CSI_NUM_WIDE, 0) != dot_portable(row, encoder.input, EDGE_CSI_NUM_WIDE, 0)) return 0;
  }
  say("simd equals portable\n");
#endif
  return 1;
}

static int check_refusals(void) {
  static int16_t zero[2 * EDGE_CSI_NUM_ANTENNAS * EDGE_CSI_NUM_DELAYS];
  const int16_t *csi = edge_csi_goldens[0].csi;
  return edge_csi_encode(&encoder, zero, 0, 0, EDGE_CSI_DEFAULT_THETA) == EDGE_CSI_ALL_ZERO &&
         edge_csi_encode(&encoder, csi, 100, 0, EDGE_CSI_DEFAULT_THETA) == EDGE_CSI_OFF_SCALE &&
         edge_csi_encode(&encoder, csi, -100, 0, EDGE_CSI_DEFAULT_THETA) == EDGE_CSI_OFF_SCALE &&
         edge_csi_encode(&encoder, csi, 0, 8, EDGE_CSI_DEFAULT_THETA) == EDGE_CSI_BAD_RATE &&
         edge_csi_encode(&encoder, csi, 0, 0, 0) == EDGE_CSI_BAD_RATE;
}

#ifdef EDGE_CSI_CORTEX_M
static void run_once(void) {
  static const edge_csi_header header = {EDGE_CSI_GOLDEN_HEADER};
  const uint8_t *frame;
  edge_csi_encode(&encoder, edge_csi_goldens->csi, edge_csi_goldens->exponent, edge_csi_goldens->truncation,
                  edge_csi_goldens->theta);
  edge_csi_frame(&encoder, &header, &frame);
}
#endif

int main(void) {
  uint32_t i, count = sizeof edge_csi_goldens / sizeof edge_csi_goldens[0];
  int failed = !check_refusals();
  if (failed) say("refusals differ\n");
  for (i = 0; i < count; i++) {
    if (check_vector(edge_csi_goldens + i)) continue;
    failed = 1;
    say_number("vector differs", i);
  }
  if (!check_simd()) failed = 1, say("simd differs from portable\n");
  if (!failed) say_number("vectors equal", count);
#ifdef EDGE_CSI_CORTEX_M
  say_number("instructions", instructions_of_run());
  say_number("stack", stack_used());
  say_number("state", sizeof(edge_csi_encoder));
#endif
  return failed;
}
