/** The metrics of a server, by name and labels as they stand in the text. */
export async function metricsOf(adminUrl: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }),
  );
}

/** Settled reports by outcome and by reason, of a gateway. */
export function settledOf(metrics: ReadonlyMap<string, number>) {
  const outcomes: Record<string, number> = {};
  const reasons: Record<string, number> = {};
  for (const [name, count] of metrics) {
    const [, outcome, reason] = /^edge_csi_reports_settled_total\{outcome="(.*)",reason="(.*)"\}$/.exec(name) ?? [];
    if (outcome === undefined || reason === undefined) continue;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    reasons[reason] = (reasons[reason] ?? 0) + count;
  }
  return { outcomes, reasons };
}
