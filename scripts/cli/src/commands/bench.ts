import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type AddCommand, addAsked } from '../options/command.ts';

/** Suites in the order of the help. */
const suites: Readonly<Record<string, AddCommand>> = {
  accuracy: async (bench) => (await import('../bench/accuracy/measure.ts')).addAccuracy(bench),
  'rate-distortion': async (bench) => (await import('../bench/rate-distortion/measure.ts')).addRateDistortion(bench),
  yardstick: async (bench) => (await import('../bench/yardstick/measure.ts')).addYardstick(bench),
  ageing: async (bench) => (await import('../bench/ageing/measure.ts')).addAgeing(bench),
  moving: async (bench) => (await import('../bench/moving/measure.ts')).addMoving(bench),
  'throughput-gain': async (bench) => (await import('../bench/throughput/measure.ts')).addThroughputGain(bench),
  latency: async (bench) => (await import('../bench/latency/measure.ts')).addLatency(bench),
  server: async (bench) => (await import('../bench/server/measure.ts')).addServer(bench),
  cluster: async (bench) => (await import('../bench/cluster/measure.ts')).addCluster(bench),
  soak: async (bench) => (await import('../bench/soak/measure.ts')).addSoak(bench),
  decoder: async (bench) => (await import('../bench/decoder/measure.ts')).addDecoder(bench),
  dense: async (bench) => (await import('../bench/dense/measure.ts')).addDense(bench),
  simulator: async (bench) => (await import('../bench/simulator/measure.ts')).addSimulator(bench),
};

/** `edge-csi bench`: accuracy without sockets, throughput with them; a subcommand a suite. */
export async function addBench(program: CommandUnknownOpts, rest: readonly string[]): Promise<void> {
  requireSubcommand(rest);
  const bench = program
    .command('bench')
    .description(
      'Benchmarks: accuracy per model, NMSE against bits, the yardstick, stale CSI, moving UEs, throughput, time of a report, server load, soak, ' +
        'the way over a broker, cost of decoders, the Dense layer, the simulator.',
    )
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench accuracy --data my-test-split.npz --models dualnet-mag-m43 --json accuracy.json
  edge-csi bench server --json server.json --report server.html --svg figures
  edge-csi bench soak --help`,
    );
  await addAsked(bench, suites, rest);
}

/** Suites were named by an option once. */
function requireSubcommand(rest: readonly string[]): void {
  const at = rest.findIndex((argument) => /^--suite(=|$)/.test(argument));
  if (at < 0 || Object.hasOwn(suites, rest[0] ?? '')) return;
  const name = rest[at]?.split('=')[1] ?? rest[at + 1] ?? '';
  const instead = Object.hasOwn(suites, name) ? `bench ${name}` : `bench and one of ${Object.keys(suites).join(', ')}`;
  throw new UsageError(`--suite ${name} is no option of bench, say: edge-csi ${instead}`);
}
