// A BS, the base band that feeds it and a subscriber, in a project of their own. Says its address, ends after three estimates.
import { connectPhyFeed, startBsServer, subscribeEstimates } from '@edge-csi/bs-server';

await using bs = await startBsServer({ port: 0, models: ['dualnet-mag-m16'], executionProviders: ['cpu'] });
const url = bs.url.replace('http', 'ws');
const phy = await connectPhyFeed({ url });
const values = Float32Array.from({ length: 2 * 32 * 32 }, (_, i) => Math.cos(i) / (1 + (i % 32)));
const feed = setInterval(() => {
  for (let slot = 0; slot < 3; slot++) {
    phy.send('ue-17', slot, { domain: 'angular-delay', numAntennas: 32, numDelays: 32, values });
  }
}, 20);
const qualities: string[] = [];
await new Promise<void>((resolve) => {
  const onEstimate = ({ quality }: { readonly quality: string }) => {
    if (qualities.push(quality) === 3) resolve();
  };
  subscribeEstimates({ url, onEstimate }).then(() => console.log(url));
});
clearInterval(feed);
await phy.close();
console.log(qualities.join());
