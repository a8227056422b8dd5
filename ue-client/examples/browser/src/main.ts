import type { AngularDelayCsi } from '@edge-csi/csi';
import { type ChannelDescription, describeChannel, listServedModels } from './bs-http.ts';
import { LatencyHistogram } from './charts.ts';
import { Comparison, SlotWindow } from './comparison.ts';
import { Controls, type Settings } from './controls.ts';
import { followEstimates } from './estimates.ts';
import { Outlook } from './outlook.ts';
import { setText } from './page.ts';
import { startUe, type UeHost } from './ue-host.ts';
import type { Pacing, UeEvent } from './ue-run.ts';
import { type Scene, View } from './view.ts';

/** Between the slots of two UEs of the page, so that an estimate of the first is none of the second. */
const slotGap = 1000;

let channel: ChannelDescription | undefined;
let ue: UeHost | undefined;
let restarting = Promise.resolve();
let ueId = '';
let subscription: { readonly token: string; readonly controller: AbortController; hasFailed: boolean } | undefined;
let nextSlot = 0;
const outlook = new Outlook();

const scene: Scene = {
  model: undefined,
  measured: undefined,
  reports: new SlotWindow(256),
  compared: undefined,
  outlooked: undefined,
  sent: 0,
  payloadBitsSum: 0,
  outcomes: new Map(),
  latency: new LatencyHistogram(),
  comparison: new Comparison((compared) => {
    scene.compared = compared;
    view.update();
  }),
  sampleOf: (slot) => channel && Math.floor(slot / channel.slotsPerSample) % channel.numSamples,
};
const view = new View(scene);
const controls = new Controls({
  onRestart: (settings) => restart(settings),
  onPace: (settings) => ue?.set(pacingOf(settings)),
});

/** What happens to the UE, whatever thread it is on. */
function onUeEvent(event: UeEvent): void {
  if (event.kind === 'state') {
    view.showLink('ue', event.state, event.message);
    if (event.state === 'ready') view.showProblem('');
  } else if (event.kind === 'model') {
    if (scene.model?.modelId !== event.modelId) clearScene();
    scene.model = event;
    controls.showPeriod(event.periodSlots);
    controls.showCap(event.isPaths);
  } else if (event.kind === 'measured') {
    nextSlot = event.slot + slotGap;
    scene.measured = event;
    scene.comparison.addTruth(event.slot, event.downlink);
    void lookAhead(event.slot, event.downlink);
  } else if (event.kind === 'report') {
    scene.reports.set(event.slot, event);
    scene.sent++;
    scene.payloadBitsSum += event.payloadBits.total;
    scene.latency.add(event.encodeMs);
  } else if (event.kind === 'outcome') {
    scene.outcomes.set(event.outcome, (scene.outcomes.get(event.outcome) ?? 0) + 1);
  } else if (event.kind === 'problem') view.showProblem(event.message);
  view.update();
}

/** Shows what the BS's estimate of the slot before said of this one. */
async function lookAhead(slot: number, downlink: AngularDelayCsi): Promise<void> {
  scene.outlooked = (await outlook.at(slot, downlink)) ?? scene.outlooked;
  view.update();
}

/** Puts another UE in the place of the present one, after what was asked for before. */
function restart(settings: Settings): void {
  // What goes wrong here must not keep the next one out.
  restarting = restarting.then(() => replaceUe(settings)).catch((error: Error) => view.showProblem(error.message));
}

async function replaceUe(settings: Settings): Promise<void> {
  await ue?.close();
  view.showProblem('');
  clearScene();
  ueId = settings.ueId;
  listen(settings);
  const { modelId, encoder, ueToken: token } = settings;
  const options = { ueId, token, modelId, encoder, firstSlot: nextSlot, ...pacingOf(settings) };
  ue = startUe(settings.place, options, onUeEvent);
}

/** What a running UE takes over; the rest of the settings may not be what a worker can be told. */
function pacingOf({ periodsPerReport, isPaused, maxBits }: Settings): Pacing {
  return { periodsPerReport, isPaused, maxBits };
}

/** Follows the estimates; a subscription that works is kept, since it is not of one UE. */
function listen({ estimatesToken }: Settings): void {
  if (estimatesToken === subscription?.token && !subscription.hasFailed) return;
  subscription?.controller.abort();
  const own = { token: estimatesToken, controller: new AbortController(), hasFailed: false };
  subscription = own;
  const events: Parameters<typeof followEstimates>[1] = {
    onState: ({ state, message }) => {
      own.hasFailed = state === 'failed';
      view.showLink('bs', state, message);
    },
    onEstimate: (estimate) => {
      if (estimate.ueId !== ueId) return;
      outlook.addEstimate(estimate);
      scene.comparison.addEstimate(estimate);
    },
  };
  followEstimates(estimatesToken, events, own.controller.signal);
}

function clearScene(): void {
  scene.measured = undefined;
  scene.compared = undefined;
  scene.outlooked = undefined;
  outlook.clear();
  scene.reports.clear();
  scene.sent = 0;
  scene.payloadBitsSum = 0;
  scene.outcomes.clear();
  scene.latency.clear();
  scene.comparison.clear();
}

async function main(): Promise<void> {
  if (!isSecureContext) {
    throw new Error(
      'Browsers give a page from another machine no WebCrypto over plain HTTP, and the hashes of models need it: ' +
        'start the BS with --tls-cert and --tls-key.',
    );
  }
  const { signal } = new AbortController();
  const [description, models] = await Promise.all([describeChannel(signal), listServedModels(signal)]);
  channel = description;
  setText(
    'channel',
    `${description.data}, ${description.numSamples} samples in turn, each for ${description.slotsPerSample} slots`,
  );
  controls.showModels(models.filter((id) => description.models.includes(id)));
  restart(controls.settings);
}

main().catch((error: Error) => view.showProblem(error.message));
