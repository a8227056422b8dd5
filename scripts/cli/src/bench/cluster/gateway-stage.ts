import type { BsServerOptions, NatsOptions } from '@edge-csi/bs-server';
import {
  DecodeStage,
  GatewayLink,
  loadCatalog,
  type ReportPipeline,
  ReportWatch,
  resolveOptions,
} from '@edge-csi/bs-server/cluster';
import type { ReportOutcome } from '@edge-csi/proto';

/** A gateway from an accepted report to its result, without its sockets. */
export interface GatewayStage {
  readonly pipeline: ReportPipeline;
  /** Version name of the model it serves. */
  readonly version: string;
  /** True once it has heard of a worker. */
  readonly serving: boolean;
  close(): Promise<void>;
}

/**
 * Starts the way of reports through a gateway, for measuring it.
 *
 * @param options - with one model
 * @param wantsEstimates - whether answers are to hold the estimates, as for subscribers of this gateway
 * @param onSettled - told what became of each report
 */
export async function startGatewayStage(
  options: BsServerOptions & { readonly nats: NatsOptions },
  wantsEstimates: boolean,
  onSettled: (outcome: ReportOutcome) => void,
): Promise<GatewayStage> {
  const resolved = resolveOptions({ ...options, localDecode: false });
  const [served] = await loadCatalog(resolved.modelsDirectory, resolved.models);
  if (served === undefined) throw new RangeError('models is empty, must name one');
  const stage = new DecodeStage({
    options: resolved,
    served: [served],
    uplinkOnly: undefined,
    watch: new ReportWatch({ ...resolved, ...resolved.limits }),
    listener: {
      decoded: () => undefined,
      settled: (_, outcome) => onSettled(outcome),
      batchDone: () => undefined,
      lost: () => undefined,
      uplinkDecoded: () => undefined,
      unreplaced: () => undefined,
      uplinksDropped: () => undefined,
    },
    queueBound: () => resolved.maxQueueSize,
    onWorkerEvent: () => undefined,
    link: new GatewayLink(resolved, options.nats),
    wantsEstimates: () => wantsEstimates,
  });
  await stage.decoder.start();
  return {
    pipeline: stage.pipeline,
    version: served.version,
    get serving() {
      return stage.decoder.serving;
    },
    close: async () => {
      stage.pipeline.abandon();
      await stage.decoder.close(1_000);
    },
  };
}
