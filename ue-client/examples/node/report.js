// A UE in Node: reports the downlink samples of a data file at the period the BS asks for, then leaves.
//
//   npx edge-csi serve
//   node ue-client/examples/node/report.js ws://127.0.0.1:8080 scripts/lab/data/cost2100-indoor-test-1024.npz 100
//
// Nobody plays the base band here: estimates come without an uplink, and are less accurate for it. `edge-csi ue --phy` does.
import { setTimeout as sleep } from 'node:timers/promises';
import { openCsiSource } from '@edge-csi/csi/files';
import { connectUe } from '@edge-csi/ue-client';

const [url, file, count = '100'] = process.argv.slice(2);
if (url === undefined || file === undefined || !/^[1-9]\d*$/.test(count)) {
  console.error('usage: node report.js ws://HOST:PORT FILE [REPORTS]');
  process.exit(2);
}

/** Slots are of 1 ms unless the BS was told otherwise. */
const slotMs = 1;
/** Reports by what became of them. @type {Map<string, number>} */
const outcomes = new Map();
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));

const ue = await connectUe({
  url,
  ueId: `node-${process.pid}`,
  encoder: 'micro',
  signal: interrupted.signal,
  onAck: ({ outcome }) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
  onStateChange: (state, error) => console.error(error === undefined ? state : `${state}: ${error.message}`),
});
try {
  // The manifest says what CSI the model takes, of which bands.
  const source = await openCsiSource(file, ue.manifest.csi);
  let bits = 0;
  let slot = 0;
  for (let k = 0; k < Number(count); k++) {
    const sent = await ue.report(source.downlink(k % source.numSamples), { slot });
    bits += sent.payloadBits.total;
    slot += ue.config.reportPeriodSlots;
    await sleep(ue.config.reportPeriodSlots * slotMs, undefined, { signal: interrupted.signal });
  }
  await ue.drain(interrupted.signal);
  const became = Array.from(outcomes, ([outcome, reports]) => `${reports} ${outcome}`).join(', ');
  console.log(`${ue.manifest.id}: ${count} reports of ${Math.round(bits / Number(count))} bits: ${became}`);
} finally {
  await ue.close();
}
