/* UE side of CSI feedback in C99: int16 CSI in, a frame for the base station out. Integer arithmetic throughout, no library,
   no allocation, no global state. README.md says how to use it; weights.h holds the model. */
#ifndef EDGE_CSI_ENCODER_H
#define EDGE_CSI_ENCODER_H

#include <stdint.h>

#include "weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What edge_csi_encode returns where it has no report to make. */
#define EDGE_CSI_ALL_ZERO (-1)   /* every entry of the CSI is zero */
#define EDGE_CSI_OFF_SCALE (-2)  /* the norm is beyond the model's grid: check exponent */
#define EDGE_CSI_BAD_RATE (-3)   /* truncation is not 0..7, or theta not 1..2^24 */

/* Most bytes of a frame before the phase codes, and after them. */
#define EDGE_CSI_FRAME_HEAD (4 + 6 * 4 + 2 + sizeof(EDGE_CSI_MODEL_ID) + 3 + EDGE_CSI_CODEWORD_BYTES + 4 + 4)
#define EDGE_CSI_FRAME_TAIL (6 + 6)
#define EDGE_CSI_PHASE_BYTES ((EDGE_CSI_NUM_COMPONENTS * EDGE_CSI_MAX_BITS + 7) / 8)

/* All the memory one encoder needs; nothing is kept from one report to the next. */
typedef struct {
  /* What the frame says. */
  uint32_t scale;
  uint32_t codeword_bits;
  uint32_t phase_bits;
  /* Work area. */
  int16_t input[EDGE_CSI_NUM_COMPONENTS + EDGE_CSI_NUM_FINE];
  /* Padded to fours. */
  int16_t centred[(EDGE_CSI_CODEWORD_LENGTH + 3) / 4 * 4];
#if EDGE_CSI_HAS_CONVOLUTION
  int16_t rows[3][EDGE_CSI_NUM_DELAYS];
#endif
  uint8_t codeword[EDGE_CSI_CODEWORD_BYTES];
  uint8_t frame[EDGE_CSI_FRAME_HEAD + EDGE_CSI_PHASE_BYTES + EDGE_CSI_FRAME_TAIL];
} edge_csi_encoder;

/* What the base station told the UE, and which report this is. */
typedef struct {
  uint32_t epoch;    /* of the Welcome */
  uint32_t seq;      /* from 1, one more with every report of an epoch */
  uint32_t slot;     /* the slot the CSI was measured in */
  uint32_t revision; /* of the ReportConfig in force */
  /* Microseconds from the CSI being at hand to the frame being sent. */
  uint32_t processing_us;
} edge_csi_header;

/* Encodes one CSI matrix: its codeword, the level of its norm, and its phases or signs.

   csi: planar [2][antennas][delays], angular-delay domain, all real parts first; a value stands for csi 2^exponent, so that
     the samples can be shifted to fill 16 bits: the encoder is as accurate as they are.
   truncation, theta: codeword_truncation and phase_theta of the ReportConfig in force.
   Returns payload bits, or one of the errors above. */
int32_t edge_csi_encode(edge_csi_encoder *encoder, const int16_t *csi, int32_t exponent, uint32_t truncation,
                        uint32_t theta);

/* Writes the CsiReport of the CSI last encoded as one binary WebSocket message. Returns its length; the bytes are at *frame,
   inside the encoder, until the next call. */
uint32_t edge_csi_frame(edge_csi_encoder *encoder, const edge_csi_header *header, const uint8_t **frame);

#ifdef __cplusplus
}
#endif

#endif
