import { fixed } from '../report/fixed.ts';
import type { PageContent } from '../report/page.ts';
import { type EncodeLatency, latencyBackends } from './encode-latency.ts';

/** What a report costs the UE, by model and backend, as a page. */
export function latencyPage({ runs }: { readonly runs: readonly EncodeLatency[] }, data: string): PageContent {
  const us = (ms: number) => fixed(1000 * ms, 0);
  const rivals = latencyBackends.slice(1);
  return {
    title: 'Time of a report at the UE',
    lead: `From CSI to payload, warm, one core, ${runs[0]?.samples ?? 0} samples of ${data}; all backends in turn on the same samples.`,
    sections: [
      {
        title: 'Microseconds a report',
        tables: [
          {
            header: ['p50 / p99 in us', 'CR', 'M', ...latencyBackends, ...rivals.map((name) => `ort / ${name}`)],
            rows: runs.map(({ model, reduction, codewordLength, latencyMs, speedup }) => [
              model,
              `1/${reduction}`,
              String(codewordLength),
              ...latencyBackends.map((name) => `${us(latencyMs[name].p50)} / ${us(latencyMs[name].p99)}`),
              ...rivals.map((name) => `${fixed(speedup[name], 1)}x`),
            ]),
          },
        ],
        figures: [
          {
            name: 'encode-latency',
            caption:
              'Median over the samples. ort is onnxruntime-web; micro is the WebAssembly kernel, int8 unless it says float32.',
            drawing: {
              kind: 'lines',
              title: 'Time of a report at the UE',
              subtitle: 'p50, warm, from CSI to payload',
              x: { title: 'Codeword length M', scale: 'log', ticks: [4, 8, 16, 43, 64, 128, 256, 384] },
              y: { title: 'Time (µs)', scale: 'linear', fromZero: true },
              markers: true,
              series: latencyBackends.map((name) => ({
                name,
                line: 'solid',
                colour: 'category',
                points: runs
                  .map(({ codewordLength, latencyMs }) => ({ x: codewordLength, y: 1000 * latencyMs[name].p50 }))
                  .sort((a, b) => a.x - b.x),
              })),
            },
          },
        ],
      },
    ],
  };
}
