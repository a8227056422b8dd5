import type { BsServerOptions, NatsOptions } from '@edge-csi/bs-server';
import { GatewayLink, loadCatalog, ReportPipeline, resolveOptions } from '@edge-csi/bs-server/cluster';
import { decoderModelOf } from '@edge-csi/bs-server/decode';
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
  const link = new GatewayLink(resolved, options.nats);
  const pipeline = new ReportPipeline({
    options: { ...resolved, ...resolved.limits },
    uplinkOnly: undefined,
    createDecoder: (listener) =>
      link.createDecoder([decoderModelOf(served.bundle)], undefined, listener, () => wantsEstimates),
    outlet: {
      decoded: () => undefined,
      settled: (_, outcome) => onSettled(outcome),
      batchDone: () => undefined,
      lost: () => undefined,
      unreplaced: () => undefined,
      dropped: () => undefined,
    },
    queueBound: () => resolved.maxQueueSize,
    onDecoderEvent: () => undefined,
  });
  await pipeline.decoder.start();
  return {
    pipeline,
    version: served.version,
    get serving() {
      return pipeline.decoder.serving;
    },
    close: async () => {
      pipeline.abandon();
      await pipeline.decoder.close(1_000);
    },
  };
}
