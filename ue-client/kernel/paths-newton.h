/* One Newton step on |correlation|^2. */
#ifndef EDGE_CSI_PATHS_NEWTON_H
#define EDGE_CSI_PATHS_NEWTON_H

#include "paths-correlate.h"

/* A step along one axis: Newton's where the correlation is concave, a short one uphill where it is not. */
static float step_alone(float gradient, float curvature) {
  if (curvature < 0) return gradient / -curvature;
  return gradient > 0 ? EDGE_CSI_PATHS_UPHILL : gradient < 0 ? -EDGE_CSI_PATHS_UPHILL : 0;
}

/* Not a number counts as no step. */
static float bounded(float step) {
  if (step > EDGE_CSI_PATHS_LONGEST) return EDGE_CSI_PATHS_LONGEST;
  if (step < -EDGE_CSI_PATHS_LONGEST) return -EDGE_CSI_PATHS_LONGEST;
  return step >= -EDGE_CSI_PATHS_LONGEST ? step : 0;
}

/* Re(a* b) of two derivatives. */
static float alike(const path_space *space, int32_t a, int32_t b) {
  return space->seen_re[a] * space->seen_re[b] + space->seen_im[a] * space->seen_im[b];
}

/* Moves the candidate's place by one step. Returns what it gains of |correlation|^2, about. */
static float newton_step(path_space *space) {
  int lone = space->axes[0].count == 1, planar = space->axes[1].count > 1;
  float g1 = alike(space, VALUE, FIRST_1), g2 = alike(space, VALUE, FIRST_2), g3 = alike(space, VALUE, FIRST_3);
  float h11 = alike(space, FIRST_1, FIRST_1) + alike(space, VALUE, SECOND_1);
  float h22 = alike(space, FIRST_2, FIRST_2) + alike(space, VALUE, SECOND_2);
  float h33 = alike(space, FIRST_3, FIRST_3) + alike(space, VALUE, SECOND_3);
  float h12 = alike(space, FIRST_1, FIRST_2) + alike(space, VALUE, MIXED_12);
  float h13 = alike(space, FIRST_1, FIRST_3) + alike(space, VALUE, MIXED_13);
  float h23 = alike(space, FIRST_2, FIRST_3) + alike(space, VALUE, MIXED_23);
  /* LDL' of the negative Hessian, the delay first: the only axis no array lacks. */
  float d3 = -h33, l1 = d3 > 0 ? -h13 / d3 : 0, l2 = d3 > 0 ? -h23 / d3 : 0;
  float d1 = -h11 + l1 * h13, m = -h12 + l1 * h23, l21 = d1 > 0 ? m / d1 : 0;
  float d2 = (-h22 + l2 * h23) - l21 * m, s1 = 0, s2 = 0, s3;
  if (d3 > 0 && (lone || d1 > 0) && (!planar || d2 > 0)) {
    float y1 = g1 - l1 * g3, y2 = (g2 - l2 * g3) - l21 * y1;
    if (planar) s2 = y2 / d2;
    if (!lone) s1 = y1 / d1 - l21 * s2;
    s3 = (g3 / d3 - l1 * s1) - l2 * s2;
  } else {
    if (!lone) s1 = step_alone(g1, h11);
    if (planar) s2 = step_alone(g2, h22);
    s3 = step_alone(g3, h33);
  }
  s1 = bounded(s1);
  s2 = bounded(s2);
  s3 = bounded(s3);
  space->place[0] = onto_axis(&space->axes[0], space->place[0] + s1);
  space->place[1] = onto_axis(&space->axes[1], space->place[1] + s2);
  space->place[2] = onto_axis(&space->axes[2], space->place[2] + s3);
  return (g1 * s1 + g2 * s2) + g3 * s3;
}

#endif
