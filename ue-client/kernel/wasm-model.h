/* What a model and its buffers are to the WebAssembly module. */
#ifndef EDGE_CSI_WASM_MODEL_H
#define EDGE_CSI_WASM_MODEL_H

#include "stages.h"

/* Every field is 4 bytes, pointers included, up to the doubles: src/micro/kernel-memory.ts writes them in this order. */
typedef struct {
  uint32_t num_antennas;
  uint32_t num_delays;
  /* 1: magnitudes and phases; 2: absolute parts and signs. */
  uint32_t planes;
  uint32_t codeword_length;
  uint32_t max_bits;
  /* Rows of both products are padded with zeros: a multiple of 4 rows, of 8 columns. */
  uint32_t num_rows;
  uint32_t width;
  uint32_t allocation_width;
  uint32_t num_fine;
  uint32_t quantiser_shift;
  /* 1 where the norm of the matrix scales the input, 0 where the model has constants of its own for it. */
  uint32_t spherical;
  /* Null where the encoder is the Dense layer alone. */
  const edge_csi_convolution *convolution;
  const int32_t *conv_gains;
  /* First row, middle rows, last row: [3][num_delays]. */
  const int64_t *conv_offsets;
  /* Where the values of a delay start in the input of the Dense layer. */
  const uint16_t *starts;
  /* int8 [num_rows][width]: the columns of the input, then the fine ones. */
  const int8_t *weights;
  const edge_csi_component *components;
  /* int8 [entries, a multiple of 4][allocation_width] and int32 [entries]. */
  const int8_t *allocation;
  const int32_t *allocation_bias;
  /* Planar [2][num_antennas][num_delays]. */
  const float *csi;
  int16_t *natural;
  int16_t *input;
  int32_t *sums;
  int16_t *centred;
  int32_t *coarse;
  uint8_t *codeword;
  uint8_t *phase;
  /* With float32 weights, null otherwise: [num_rows][width], then what the levels are computed from. */
  const float *float_weights;
  const float *float_bias;
  const float *float_convolution;
  float *float_natural;
  float *float_input;
  const double *steps;
  /* Input values are |h| multiplied by scale, over the norm where spherical, plus offset. */
  double scale;
  double offset;
  /* Of the CSI last encoded. */
  double norm;
} edge_model;

#endif
