/**
 * How much of something a test does: little in every run, all of it where EDGE_CSI_NIGHTLY is set, as `npm run
 * test:nightly` does.
 */
export function scaled(everyRun: number, nightly: number): number {
  return process.env.EDGE_CSI_NIGHTLY === undefined ? everyRun : nightly;
}
