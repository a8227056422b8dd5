/* One CSI report in C: CSI on standard input, the frame for the base station on standard output.

     npx edge-csi embed --model dualnet-mag-m43 --out encoder-m43
     cc -std=c99 -O2 -I encoder-m43 -o report ue-client/examples/c/main.c encoder-m43/encoder.c -lm
     ./report EPOCH SEQ SLOT REVISION TRUNCATION THETA < csi.f32 > frame

   csi.f32: float32 of this machine's byte order, [2][antennas][delays], all real parts first. EPOCH, REVISION, TRUNCATION and
   THETA are what the base station's Welcome, or its last Reconfigure, says; SEQ goes up by one with every report. The
   frame is one binary WebSocket message. A modem has int16 samples already: there to_int16, and libm with it, goes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "encoder.h"

#define NUM_VALUES (2 * EDGE_CSI_NUM_ANTENNAS * EDGE_CSI_NUM_DELAYS)

static edge_csi_encoder encoder;
static float csi[NUM_VALUES];
static int16_t samples[NUM_VALUES];

/* Shifts the samples so that the largest fills 16 bits. Returns the exponent: a value stands for samples 2^exponent. */
static int32_t to_int16(void) {
  float largest = 0;
  int i, exponent;
  for (i = 0; i < NUM_VALUES; i++) largest = fmaxf(largest, fabsf(csi[i]));
  frexpf(largest, &exponent);
  exponent -= 15;
  for (i = 0; i < NUM_VALUES; i++) {
    long value = lrint(ldexp(csi[i], -exponent));
    samples[i] = (int16_t)(value > INT16_MAX ? INT16_MAX : value);
  }
  return exponent;
}

static int fail(const char *problem) {
  fprintf(stderr, "report: %s\n", problem);
  return 1;
}

static const char *meaning(int32_t error) {
  if (error == EDGE_CSI_ALL_ZERO) return "every entry of the CSI is zero";
  if (error == EDGE_CSI_OFF_SCALE) return "the norm of the CSI is beyond the model's grid";
  return "TRUNCATION is not 0..7, or THETA not 1..2^24";
}

int main(int argc, char **argv) {
  edge_csi_header header = {0, 0, 0, 0, 0};
  const uint8_t *frame;
  uint32_t number[6], length;
  int32_t bits;
  int i;
  if (argc != 7) return fail("give EPOCH SEQ SLOT REVISION TRUNCATION THETA");
  for (i = 0; i < 6; i++) number[i] = (uint32_t)strtoul(argv[i + 1], NULL, 10);
  if (fread(csi, sizeof *csi, NUM_VALUES, stdin) != NUM_VALUES || fgetc(stdin) != EOF) {
    return fail("standard input is not one CSI matrix of the model's size");
  }
  for (i = 0; i < NUM_VALUES; i++) {
    if (!isfinite(csi[i])) return fail("a value of the CSI is not finite");
  }
  bits = edge_csi_encode(&encoder, samples, to_int16(), number[4], number[5]);
  if (bits < 0) return fail(meaning(bits));
  header.epoch = number[0];
  header.seq = number[1];
  header.slot = number[2];
  header.revision = number[3];
  length = edge_csi_frame(&encoder, &header, &frame);
  if (fwrite(frame, 1, length, stdout) != length) return fail("standard output is closed");
  fprintf(stderr, "report: %ld bits in a frame of %lu bytes\n", (long)bits, (unsigned long)length);
  return 0;
}
