/**
 * Tools that make, shrink, look into and embed models: ONNX graphs as data, `models complete`, `prune`, `visualize`, `embed`.
 *
 * `@edge-csi/model-tools/model-card` and `/choices` stand alone where start-up time counts.
 *
 * @packageDocumentation
 */
export { type Calibration, readCalibration } from './complete/calibration.ts';
export { completeComplexModel, complexTensorsOf } from './complete/complete-complex.ts';
export { completeModel, readsUplink } from './complete/complete-model.ts';
export { type NewModel, writeModel } from './complete/new-model.ts';
export { type Footprint, measureOnCortexM, missingToolchain } from './embed/cortex-m.ts';
export { writeFolder } from './embed/embed-folder.ts';
export { fromInt16Csi, type Int16Csi, toInt16Csi } from './embed/golden-header.ts';
export { type PathVector, pathVectors, writePathFolder } from './embed/path-folder.ts';
export { buildModel, type Operator } from './onnx/graph.ts';
export { decodeModel, encodeModel, type ModelProto } from './onnx/schema.ts';
export { floatTensor, int64Tensor, type OnnxTensor, readTensor } from './onnx/tensor.ts';
export { type WeightWidth, weightWidths } from './onnx/weights.ts';
export { type ComparedModel, comparisonHeader, comparisonRow, measureModel } from './prune/comparison.ts';
export type { PruneSettings } from './prune/fit-encoder.ts';
export { openPruner, type Pruner } from './prune/prune-model.ts';
export { measureAblations, rankAblations, renderAblations } from './visualize/ablation.ts';
export { activationFigures } from './visualize/activation-figures.ts';
export { renderActivationPage } from './visualize/activation-page.ts';
export { renderFigureSvg } from './visualize/figure-svg.ts';
export { measureStatistics, renderStatistics } from './visualize/layer-statistics.ts';
export { type ModelTrace, openModelTrace, type SampleTrace } from './visualize/model-trace.ts';
export { loadNetworks, type Network, readNetwork } from './visualize/network.ts';
export { type PathReportTrace, pathReportPage, tracePathReport } from './visualize/path-report.ts';
export { ReciprocityMeter, renderReciprocityPlot } from './visualize/reciprocity.ts';
export { renderSummary, summarize } from './visualize/summary.ts';
