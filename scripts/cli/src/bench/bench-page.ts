import type { Metric } from '@edge-csi/lab/metrics';
import type { Page, PageContent, Provenance } from '@edge-csi/report';
import { accuracyPage } from './accuracy/page.ts';
import { ageingPage } from './ageing/page.ts';
import type { BaselineComparison } from './baseline.ts';
import { clusterPage } from './cluster/page.ts';
import { decoderPage } from './decoder/page.ts';
import { densePage } from './dense/page.ts';
import { latencyPage } from './latency/page.ts';
import { rateDistortionPage } from './rate-distortion/page.ts';
import { serverPage } from './server/page.ts';
import { simulatorPage } from './simulator/page.ts';
import { soakPage } from './soak/page.ts';
import { throughputPage } from './throughput/page.ts';

/** What `bench --json` writes, beside the suite's own fields. */
export interface BenchReport extends Provenance {
  readonly schema: 'edge-csi/bench@1';
  readonly suite: BenchSuite;
  /** Set where the run was interrupted: figures are of what was measured until then. */
  readonly partial?: true;
  /** Absent in results of versions that did not record it. */
  readonly peakRssMib?: number;
  /** What a later run is held to. Absent in results of versions that did not record it. */
  readonly metrics?: readonly Metric[];
  /** With the run that `--baseline` names. */
  readonly comparison?: BaselineComparison;
}

/**
 * What each suite has to show, from its fields of the JSON report alone, so that a saved result can be drawn again. Every
 * suite has an entry; its figures need names that no other suite's have.
 */
const suitePages = {
  accuracy: accuracyPage,
  'rate-distortion': rateDistortionPage,
  dense: densePage,
  decoder: decoderPage,
  latency: latencyPage,
  server: serverPage,
  simulator: simulatorPage,
  soak: soakPage,
  ageing: ageingPage,
  'throughput-gain': throughputPage,
  cluster: clusterPage,
} as const;

/** A suite whose result can be shown. */
export type BenchSuite = keyof typeof suitePages;

/** The result of a suite as a page. @param report - of `bench --json`, all fields */
export function benchPage(report: BenchReport): Page {
  const content = suitePages[report.suite] as (result: object, data: string) => PageContent;
  const { lead, ...rest } = content(report, report.data);
  const cut = report.partial ? ' The run was interrupted: figures are of what was measured until then.' : '';
  return { ...rest, lead: lead + cut, provenance: report };
}

/** Whether a name is that of a suite with a page. */
export function isBenchSuite(name: unknown): name is BenchSuite {
  return typeof name === 'string' && Object.hasOwn(suitePages, name);
}
