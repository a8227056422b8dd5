export { ClusteredMeans, type Interval } from './clustered-means.ts';
export * from './latency.ts';
export * from './metric.ts';
export { type Accuracy, ratioToDb, type SampleScore, Scorer, scoreEstimate } from './scorer.ts';
