import type { UeState } from '@edge-csi/ue-client';
import { drawCodeword, drawPayload, formatMs, type LatencyHistogram } from './charts.ts';
import type { Compared, Comparison, SlotWindow } from './comparison.ts';
import type { EstimatesState } from './estimates.ts';
import { drawBits, drawCompared, drawLegend, drawMarks, drawPredicted, drawTruth } from './maps.ts';
import type { Outlooked } from './outlook.ts';
import { element, setText } from './page.ts';
import type { ModelEvent, ReportEvent, UeEvent } from './ue-run.ts';

type Measured = Extract<UeEvent, { kind: 'measured' }>;

/** What there is to be seen. */
export interface Scene {
  model: ModelEvent | undefined;
  measured: Measured | undefined;
  readonly reports: SlotWindow<ReportEvent>;
  compared: Compared | undefined;
  /** What the estimate of an older slot said of the one measured last. */
  outlooked: Outlooked | undefined;
  sent: number;
  payloadBitsSum: number;
  /** Reports by what became of them. */
  readonly outcomes: Map<string, number>;
  readonly latency: LatencyHistogram;
  readonly comparison: Comparison;
  /** Sample that the channel is in a slot. */
  readonly sampleOf: (slot: number) => number | undefined;
}

/** Draws the scene, once a frame at most. */
export class View {
  readonly #scene: Scene;
  #isDue = false;

  constructor(scene: Scene) {
    this.#scene = scene;
    drawLegend(element('legend-power', HTMLCanvasElement));
    element('timer-note', HTMLElement).hidden = crossOriginIsolated;
    for (const query of ['(prefers-color-scheme: dark)', '(max-width: 900px)']) {
      matchMedia(query).addEventListener('change', () => this.update());
    }
    addEventListener('resize', () => this.update());
  }

  /** Something has changed. */
  update(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  showLink(link: 'ue' | 'bs', state: UeState | EstimatesState['state'], message: string): void {
    const isFailed = state === 'closed' && message !== '';
    element(`${link}-link`, HTMLElement).dataset.state = isFailed ? 'failed' : state;
    setText(`${link}-state`, message === '' ? state : `${state}, ${message}`);
  }

  /** Shows what went wrong, for people; empty: nothing. */
  showProblem(message: string): void {
    element('problem', HTMLElement).hidden = message === '';
    setText('problem', message);
  }

  #draw(): void {
    const { model, measured, reports, compared } = this.#scene;
    const slot = compared?.slot ?? measured?.slot;
    const report = slot === undefined ? undefined : reports.get(slot);
    if (measured !== undefined && compared === undefined) drawTruth(measured.downlink);
    if (compared !== undefined) drawCompared(compared);
    this.#drawOutlook();
    if (model !== undefined) {
      element('report', HTMLElement).dataset.kind = model.isPaths ? 'paths' : 'networks';
      drawMarks(model, report?.marks);
      setText('path-count', pathCount(report?.marks));
      if (report !== undefined) this.#drawReport(model, report);
    }
    this.#drawNumbers();
  }

  #drawOutlook(): void {
    const { outlooked, measured } = this.#scene;
    element('report', HTMLElement).dataset.predicts = String(outlooked !== undefined);
    if (outlooked === undefined || measured === undefined) return;
    drawPredicted(outlooked.predicted, measured.downlink);
    for (const id of ['predicted-slots', 'held-slots']) setText(id, `${outlooked.slots} slots old, mean`);
    setText('nmse-predicted', formatDb(outlooked.predictedDb));
    setText('nmse-held', formatDb(outlooked.heldDb));
  }

  #drawReport(model: ModelEvent, report: ReportEvent): void {
    const { latency } = this.#scene;
    const { payloadBits, wireBytes, centred } = report;
    drawCodeword(element('codeword', HTMLCanvasElement), centred, model.fullBits);
    setText('codeword-title', `${centred.length} components, signed square root`);
    drawPayload(element('split', HTMLCanvasElement), payloadBits);
    setText('payload-title', `${payloadBits.total} bits, framed in ${wireBytes} bytes`);
    for (const part of ['codeword', 'scale', 'phase'] as const) setText(`bits-${part}`, String(payloadBits[part] ?? 0));
    setText('phase-word', model.entryWord);
    setText('bits-title', model.entryWord === 'phase' ? 'Phase bits' : 'Sign bits');
    setText('max-bits', String(model.maxEntryBits));
    drawBits(model, report.entryBits);
    drawLegend(element('legend-bits', HTMLCanvasElement), model.maxEntryBits + 1);
    latency.draw(element('histogram', HTMLCanvasElement));
    setText('encode-count', String(latency.count));
    setText('p50', formatMs(latency.quantile(0.5)));
    setText('p99', `p99 ${formatMs(latency.quantile(0.99))}`);
  }

  #drawNumbers(): void {
    const { model, sent, payloadBitsSum, outcomes, comparison, compared, sampleOf } = this.#scene;
    setText('sent', String(sent));
    setText('model-id', model?.modelId ?? '');
    setText('payload', sent === 0 ? '–' : (payloadBitsSum / sent).toFixed(0));
    setText('decoded', String(outcomes.get('decoded') ?? 0));
    const others = [...outcomes].filter(([outcome]) => outcome !== 'decoded');
    setText('undecoded', others.map(([outcome, count]) => `${count} ${outcome}`).join(', '));
    setText('nmse', formatDb(compared?.nmseDb));
    setText('quality', compared?.quality ?? '');
    element('quality', HTMLElement).dataset.quality = compared?.quality ?? '';
    const mean = element('nmse-mean', HTMLElement);
    mean.dataset.value = String(comparison.meanNmseDb);
    mean.dataset.count = String(comparison.count);
    setText('nmse-mean', formatDb(comparison.meanNmseDb));
    setText('nmse-count', comparison.count === 0 ? '' : `over ${comparison.count} estimates`);
    const sample = compared === undefined ? undefined : sampleOf(compared.slot);
    setText('where', sample === undefined ? '' : `Slot ${compared?.slot}, sample ${sample} of the data.`);
  }
}

/** How many paths a report has, and how many of them both ends knew. */
function pathCount(marks: ReportEvent['marks']): string {
  if (marks === undefined) return '';
  const known = marks.filter(({ isKnown }) => isKnown).length;
  return `, ${marks.length} paths${known === 0 ? '' : `, ${known} known`}`;
}

function formatDb(db: number | undefined): string {
  return db === undefined || Number.isNaN(db) ? '–' : `${db.toFixed(2).replace('-', '−')} dB`;
}
