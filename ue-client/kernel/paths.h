/* Path reports in C99: a channel as a few paths off the grid. Float CSI in, a payload out, and a payload back into paths and
   CSI. No allocation, no library but sqrtf, no global state. Compile with -ffp-contract=off -fno-math-errno: payloads then are
   those of any other port, bit for bit. */
#ifndef EDGE_CSI_PATHS_H
#define EDGE_CSI_PATHS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What functions return where there is no report. */
#define EDGE_CSI_PATHS_BAD_CSI (-1)     /* the CSI is zero or not finite */
#define EDGE_CSI_PATHS_BAD_RATE (-2)    /* see edge_csi_paths_rate */
#define EDGE_CSI_PATHS_BAD_PAYLOAD (-3) /* no encoder writes these bits */

/* Whether reports may refer to known paths; 0 saves flash. */
#ifndef EDGE_CSI_PATHS_KNOWN
#define EDGE_CSI_PATHS_KNOWN 1
#endif

#define EDGE_CSI_PATHS_MOST_KNOWN 24
#define EDGE_CSI_PATHS_LEAST_BITS 40
#define EDGE_CSI_PATHS_MOST_BITS 2000

/* A model: tables that both ends share, made of its manifest by `pathKernelTables` of @edge-csi/csi. */
typedef struct {
  const int32_t *integers;
  const float *floats;
} edge_csi_paths_model;

/* Bytes of memory that a codec works in, aligned to 4: of n1 x n2 antennas (n2 = 1 for a linear array), delays and most paths.
   Nothing is kept in it from one call to the next. */
#define EDGE_CSI_PATHS_MEMORY(n1, n2, delays, most)                                                              \
  (4u * ((4u * (delays) + 1u) * (n1) * (n2) + (most) * ((n1) + (n2) + (delays)) + 2u * (most) * (most) +                  \
         3u * (most) * ((most) + 1u) / 2u + 32u * (most) + 4u * (n1) + 4u * (n2) + 8u * (delays) + 672u))

/* How long a report is. Neither price nor target: the least error of at most max_bits. A price: the least of error + price x
   bits. A target: the fewest bits, about, that reach it. Never more than max_bits, 40 to 2,000. */
typedef struct {
  uint32_t max_bits;
  /* Squared error a bit has to save, relative to the energy of the CSI, up to 1; 0 for none. */
  float price;
  /* Squared error relative to the energy of the CSI, up to 1; 0 for none. */
  float target;
  /* Variance of the noise of an entry, in the scale of the CSI; negative: to be estimated, none where
     the CSI has fewer than 64 entries. */
  float noise;
} edge_csi_paths_rate;

/* Places that both ends hold, so that a report names one by its number in place of telling it. */
typedef struct {
  /* Told beside a report that refers to the list. */
  uint32_t version;
  int32_t count;
  /* The report carries it. */
  int32_t check;
  /* Angle 1, angle 2 and delay of each, in 128ths of a bin. */
  int32_t cells[3 * EDGE_CSI_PATHS_MOST_KNOWN];
} edge_csi_paths_known;

/* One path: what it adds at antenna (n1, n2), counted from 0, and subcarrier k, counted from the lowest, is
   gain exp(-j 2 pi (n1 frequency[0] + n2 frequency[1])) exp(-j 2 pi k delay / subcarriers). */
typedef struct {
  /* Cycles an antenna, 0 to 1. */
  float frequency[2];
  /* Samples. */
  float delay;
  float gain_re;
  float gain_im;
} edge_csi_path;

/* What became of a matrix beside its payload. */
typedef struct {
  int32_t paths;
  /* Whether it refers to the list of known paths. */
  int32_t refers;
  /* Squared error of the estimate relative to the energy of the CSI. */
  float error;
} edge_csi_paths_report;

/* Bytes of memory a model takes: EDGE_CSI_PATHS_MEMORY of its shape. */
uint32_t edge_csi_paths_memory(const edge_csi_paths_model *model);

/* Where in the memory a matrix may be put for edge_csi_paths_encode, which then needs no other buffer. */
float *edge_csi_paths_input(const edge_csi_paths_model *model, void *memory);

/* Reports one matrix, strongest path first.

   csi: planar [2][n1][n2][delays], angular-delay domain, all real parts first; it may be edge_csi_paths_input.
   known: what both ends hold, or null; the report refers to it where that is better than doing without.
   payload: (max_bits + 7) / 8 bytes, zero padded.
   report: written where it is not null.
   Returns bits, or one of the errors above. */
int32_t edge_csi_paths_encode(const edge_csi_paths_model *model, void *memory, const float *csi,
                              const edge_csi_paths_rate *rate, const edge_csi_paths_known *known, uint8_t *payload,
                              edge_csi_paths_report *report);

/* Reads a report.

   bits: its length, or 0 where only its bytes are known.
   known: the list that the report refers to, or null.
   paths: as many as the model has at most, strongest first, or null.
   csi: as above, the sum of the paths, or null.
   Returns the number of paths, or EDGE_CSI_PATHS_BAD_PAYLOAD. */
int32_t edge_csi_paths_decode(const edge_csi_paths_model *model, void *memory, const uint8_t *payload, uint32_t bytes,
                              uint32_t bits, const edge_csi_paths_known *known, edge_csi_path *paths, float *csi);

#if EDGE_CSI_PATHS_KNOWN
/* Reads a list as a base station sends it.

   version: told beside it, 1 or more.
   Returns the number of places, or EDGE_CSI_PATHS_BAD_PAYLOAD; then the list is none. */
int32_t edge_csi_paths_read_hint(const edge_csi_paths_model *model, uint32_t version, const uint8_t *hint, uint32_t bytes,
                                 edge_csi_paths_known *known);

/* Adds the places of a report to a list: of one that the base station has told is decoded.

   seq: its sequence number.
   referred: the list that it refers to, or null.
   known: from edge_csi_paths_read_hint, or all zeros.
   Returns the number of places, or EDGE_CSI_PATHS_BAD_PAYLOAD. */
int32_t edge_csi_paths_remember(const edge_csi_paths_model *model, void *memory, uint32_t seq, const uint8_t *payload,
                                uint32_t bytes, const edge_csi_paths_known *referred, edge_csi_paths_known *known);
#endif

#ifdef __cplusplus
}
#endif

#endif
