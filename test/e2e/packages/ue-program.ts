// A UE in a project of its own. Usage: node ue-program.js URL
import { connectUe } from '@edge-csi/ue-client';

const outcomes: string[] = [];
await using ue = await connectUe({
  url: process.argv[2] ?? '',
  ueId: 'ue-17',
  encoder: 'micro',
  onAck: ({ outcome }) => outcomes.push(outcome),
});
for (let slot = 0; slot < 3; slot++) {
  // One after the other: a newer report takes the place of one that waits.
  while (outcomes.length < slot) await new Promise((resolve) => setTimeout(resolve, 5));
  const values = Float32Array.from({ length: 2 * 32 * 32 }, (_, i) => Math.sin(i * (slot + 1)) / (1 + (i % 32)));
  await ue.report({ domain: 'angular-delay', numAntennas: 32, numDelays: 32, values }, { slot });
}
await ue.drain();
console.log(outcomes.join());
