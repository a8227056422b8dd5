export { type AccuracyIntervals, AccuracyTally, type TalliedAccuracy } from './accuracy-tally.ts';
export { ClusteredMeans, type Interval } from './clustered-means.ts';
export {
  distributionOf,
  type LatencyDistribution,
  type LatencySummary,
  lowerMedian,
  monotonicMs,
  summarizeLatency,
} from './latency.ts';
export { compareMetrics, type Metric, type MetricChange, nmseMetric, speedMetric } from './metric.ts';
export { type Accuracy, ratioToDb, type SampleScore, scoreEstimate } from './score.ts';
export {
  defaultSubbands,
  type SubbandDirections,
  sgcsOfDirections,
  subbandDirections,
  subbandSgcs,
} from './subbands.ts';
