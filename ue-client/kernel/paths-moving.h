/* Path reports of several matrices, which tell the Doppler shift of each path: a report of the array and of time. Payloads are
   those of `createMovingPathCodec`, bit for bit. */
#ifndef EDGE_CSI_PATHS_MOVING_H
#define EDGE_CSI_PATHS_MOVING_H

#include "paths.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EDGE_CSI_MOVING_BAD_SPACING (-4) /* not one that a report can tell */
/* What says how a report is made comes on top of what a report of one matrix needs. */
#define EDGE_CSI_MOVING_LEAST_BITS (EDGE_CSI_PATHS_LEAST_BITS + 5)

/* A model: tables of a report of one matrix, and of several. */
typedef struct {
  int32_t antennas, measurements, delays;
  const edge_csi_paths_model *still;
  /* Of antennas x measurements. */
  const edge_csi_paths_model *moving;
  /* DFT over time, [measurements][measurements][2]: `dopplerTurns` of @edge-csi/csi/paths. */
  const float *turns;
} edge_csi_moving_model;

/* Bytes of memory that a report works in, aligned to 4: that of `moving`, which is the larger. */
uint32_t edge_csi_moving_memory(const edge_csi_moving_model *model);

/* Reports a matrix: alone, or with those before it, whichever has less error over the time that they span.

   csi: planar [2][n1][delays], as of edge_csi_paths_encode, not in the memory.
   earlier: the matrices before it, oldest first, as many as the model takes but one; or null.
   spacing: slots from one matrix to the next, 1 2 3 4 5 6 8 10 12 15 16 20 24 32 40 or 64.
   rate: at least EDGE_CSI_MOVING_LEAST_BITS.
   payload: (max_bits + 7) / 8 bytes, zero padded.
   scratch: as many bytes.
   report: written where it is not null.
   Returns bits, or one of the errors. */
int32_t edge_csi_moving_encode(const edge_csi_moving_model *model, void *memory, const float *csi,
                               const float *const *earlier, uint32_t spacing, const edge_csi_paths_rate *rate,
                               uint8_t *payload, uint8_t *scratch, edge_csi_paths_report *report);

#ifdef __cplusplus
}
#endif

#endif
