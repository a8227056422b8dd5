import type { ServerStats } from '@edge-csi/bs-server';
import { dataFor } from '@edge-csi/lab/data';
import { lowerMedian, type Metric, speedMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { renderTextSections } from '@edge-csi/report';
import { modelsById, prunedModels } from '../../model-choice.ts';
import type { BenchOptions } from '../bench-options.ts';
import type { ChurnCounts } from './churn.ts';
import { soakPage } from './page.ts';
import { runSoak, type Soak, type SoakPoint } from './soak.ts';

/** Time between two lines of progress. */
const progressS = 10;

interface SoakResult {
  readonly runs: readonly Soak[];
  readonly problems: readonly string[];
  readonly metrics: readonly Metric[];
}

/** `bench --suite soak`: one server under traffic that comes and goes; its memory, and whether the counts add up. */
export async function soak(options: BenchOptions): Promise<SoakResult> {
  const { models, zoo, ues, seconds, seed, signal } = options;
  const manifests = models ? await modelsById(models, zoo) : (await prunedModels(zoo)).slice(-1);
  const [manifest, ...others] = manifests;
  if (manifest === undefined || others.length > 0) {
    throw new UsageError(`--suite soak takes one model, --models names ${manifests.length}`);
  }
  let shownS = 0;
  const run = await runSoak({
    manifest,
    zoo,
    data: dataFor(manifest, options),
    numUes: ues,
    seconds,
    seed,
    signal,
    onSample: (point, counts, stats) => {
      if (point.atS - shownS < progressS) return;
      shownS = point.atS;
      process.stdout.write(`${progressLine(point, counts, stats)}\n`);
    },
  });
  process.stdout.write(`${renderTextSections(soakPage({ runs: [run] }).sections)}\n`);
  return { runs: [run], problems: run.problems, metrics: soakMetrics(run) };
}

/** What a later run is held to. */
function soakMetrics({ model, points, warmUpSeconds, stats }: Soak): Metric[] {
  const rssMib = points.filter(({ atS }) => atS >= warmUpSeconds).map((point) => point.rssMib);
  return [
    ...(rssMib.length > 0 ? [speedMetric(`${model} median RSS MiB`, lowerMedian(rssMib), 'lower', 0.2)] : []),
    { name: `${model} share decoded`, value: stats.decoded / stats.received, better: 'higher', tolerance: 0.05 },
  ];
}

function progressLine({ atS, rssMib, heapUsedMib }: SoakPoint, counts: ChurnCounts, stats: ServerStats): string {
  const { received, decoded, superseded, late, shed, invalid, connections, overloadLevel } = stats;
  return [
    `${atS.toFixed(0)} s`,
    `${connections.ues} UEs`,
    `${counts.joins} joins`,
    `received ${received}`,
    `decoded ${decoded}`,
    `superseded ${superseded}`,
    `late ${late}`,
    `shed ${shed}`,
    `invalid ${invalid}`,
    `overload ${overloadLevel}`,
    `RSS ${rssMib.toFixed(0)} MiB`,
    `heap ${heapUsedMib.toFixed(0)} MiB`,
  ].join(', ');
}
