/* Reads a model and matrices, and writes what the path codec makes of each: see c-host.ts. */
#include <stdio.h>
#include <stdlib.h>

#include "paths.h"

static void *read_all(size_t bytes) {
  void *data = malloc(bytes);
  if (fread(data, 1, bytes, stdin) != bytes) exit(2);
  return data;
}

static void write_all(const void *data, size_t bytes) {
  if (fwrite(data, 1, bytes, stdout) != bytes) exit(2);
}

/* Whether a report cut short, of another length than told, or with a byte too many is refused. */
static int refuses_others(const edge_csi_paths_model *model, void *memory, uint8_t *payload, uint32_t bits,
                          const edge_csi_paths_known *known) {
  uint32_t bytes = (bits + 7) / 8;
  if (bytes == 0) return 1;
  payload[bytes] = 0;
  return edge_csi_paths_decode(model, memory, payload, bytes - 1, bits, known, 0, 0) == EDGE_CSI_PATHS_BAD_PAYLOAD &&
         edge_csi_paths_decode(model, memory, payload, bytes, bits - 1, known, 0, 0) == EDGE_CSI_PATHS_BAD_PAYLOAD &&
         edge_csi_paths_decode(model, memory, payload, bytes + 1, bits, known, 0, 0) == EDGE_CSI_PATHS_BAD_PAYLOAD &&
         edge_csi_paths_decode(model, memory, payload, bytes + 1, 0, known, 0, 0) == EDGE_CSI_PATHS_BAD_PAYLOAD;
}

/* Whether a report that refers to a list is refused with one of another check. */
static int refuses_another(const edge_csi_paths_model *model, void *memory, const uint8_t *payload, uint32_t bits,
                           edge_csi_paths_known known) {
  known.check = known.check % 15 + 1;
  return edge_csi_paths_decode(model, memory, payload, (bits + 7) / 8, bits, &known, 0, 0) == EDGE_CSI_PATHS_BAD_PAYLOAD;
}

/* Reads hints to the end of the input, and writes the list of each, or the error. */
static int read_hints(const edge_csi_paths_model *model, int32_t hints) {
  while (hints-- > 0) {
    uint32_t numbers[2];
    edge_csi_paths_known known;
    uint8_t *hint;
    int32_t count;
    if (fread(numbers, 4, 2, stdin) != 2) return 2;
    hint = read_all(numbers[1]);
    count = edge_csi_paths_read_hint(model, numbers[0], hint, numbers[1], &known);
    free(hint);
    write_all(&count, 4);
    if (count < 0) continue;
    write_all(&known.check, 4);
    write_all(known.cells, 12 * (size_t)count);
  }
  return 0;
}

/* Reads reports to the end of the input, and writes the list of each. */
static int remember(const edge_csi_paths_model *model, void *memory, int32_t reports) {
  while (reports-- > 0) {
    uint32_t numbers[2];
    edge_csi_paths_known referred, known;
    uint8_t *payload;
    int32_t count;
    if (fread(numbers, 4, 2, stdin) != 2 || fread(&referred, sizeof referred, 1, stdin) != 1) return 2;
    if (fread(&known, sizeof known, 1, stdin) != 1) return 2;
    payload = read_all(numbers[1]);
    count = edge_csi_paths_remember(model, memory, numbers[0], payload, numbers[1], referred.version > 0 ? &referred : 0, &known);
    free(payload);
    if (count != known.count) return 3;
    write_all(&known, sizeof known);
  }
  return 0;
}

int main(void) {
  int32_t *sizes = read_all(20);
  edge_csi_paths_model model;
  edge_csi_paths_rate rate;
  edge_csi_paths_known known;
  size_t values;
  uint32_t bytes;
  void *memory;
  edge_csi_path *paths;
  float *csi, *estimate;
  model.integers = read_all(4 * (size_t)sizes[0]);
  model.floats = read_all(4 * (size_t)sizes[1]);
  values = 2 * (size_t)(model.integers[0] * model.integers[1] * model.integers[2]);
  csi = malloc(4 * values);
  estimate = malloc(4 * values);
  bytes = edge_csi_paths_memory(&model);
  memory = malloc(bytes);
  paths = malloc(sizeof *paths * (size_t)model.integers[4]);
  while (sizes[2]-- > 0) {
    uint8_t payload[EDGE_CSI_PATHS_MOST_BITS / 8 + 1];
    edge_csi_paths_report report;
    const edge_csi_paths_known *list;
    int32_t bits, count = 0;
    if (fread(&rate, sizeof rate, 1, stdin) != 1 || fread(&known, sizeof known, 1, stdin) != 1) return 2;
    if (fread(csi, 4, values, stdin) != values) return 2;
    bits = edge_csi_paths_encode(&model, memory, csi, &rate, known.version > 0 ? &known : 0, payload, &report);
    write_all(&bits, 4);
    if (bits < 0) continue;
    list = report.refers ? &known : 0;
    count = edge_csi_paths_decode(&model, memory, payload, ((uint32_t)bits + 7) / 8, (uint32_t)bits, list, paths, estimate);
    if (count != report.paths) return 3;
    if (!refuses_others(&model, memory, payload, (uint32_t)bits, list)) return 4;
    if (list && !refuses_another(&model, memory, payload, (uint32_t)bits, known)) return 5;
    write_all(&report.refers, 4);
    write_all(&report.error, 4);
    write_all(&count, 4);
    write_all(payload, ((size_t)bits + 7) / 8);
    write_all(paths, sizeof *paths * (size_t)count);
    write_all(estimate, 4 * values);
  }
  if (read_hints(&model, sizes[3]) != 0 || remember(&model, memory, sizes[4]) != 0) return 2;
  free(csi);
  free(estimate);
  free(memory);
  free(paths);
  free((void *)model.integers);
  free((void *)model.floats);
  free(sizes);
  return 0;
}
