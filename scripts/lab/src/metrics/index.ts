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
export { type Accuracy, ratioToDb, type SampleScore, Scorer, scoreEstimate } from './scorer.ts';
export { defaultSubbands, type SubbandDirections, subbandDirections, subbandSgcs } from './subbands.ts';
