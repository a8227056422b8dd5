import type { AngularDelayCsi, CsiShape } from '@edge-csi/csi';
import { csiMatrixOf, encodeFrame } from '@edge-csi/proto';
import type { ReportWatch } from '../join/report-watch.ts';
import type { UplinkSample } from '../join/uplink-ring.ts';
import { AccessControl } from '../net/access-token.ts';
import { Gateway } from '../net/gateway.ts';
import type { BaseBand } from '../net/pages.ts';
import { WebSocketGate } from '../net/web-socket.ts';
import type { ServedModel } from '../ops/model-catalog.ts';
import type { ModelTally } from '../ops/model-tally.ts';
import type { Relief } from '../ops/overload-policy.ts';
import type { Tally } from '../ops/tally.ts';
import type { ResolvedOptions } from '../options.ts';
import type { EstimateStream } from '../publish/estimate-stream.ts';
import { SubscriberSession } from '../publish/subscriber-session.ts';
import type { ReportPipeline } from '../queue/report-pipeline.ts';
import type { AcceptedReport, SettleReason } from './accepted-report.ts';
import { PhySession } from './phy-session.ts';
import type { UeRegistry } from './ue-registry.ts';
import { UeSession } from './ue-session.ts';

export interface ConnectionsParts {
  readonly options: ResolvedOptions;
  /** Models that are served at present, the preferred one first. */
  readonly served: () => readonly ServedModel[];
  /** Shapes of CSI that the models take at present. */
  readonly shapes: () => readonly CsiShape[];
  readonly registry: UeRegistry<UeSession>;
  readonly watch: ReportWatch;
  /** What overload asks of UEs at present. */
  readonly relief: () => Relief;
  readonly stream: EstimateStream;
  readonly pipeline: ReportPipeline;
  readonly tally: Tally;
  readonly modelTally: ModelTally;
  readonly accepting: () => boolean;
  /** A UE may have stopped using a model: it has reported, or left. */
  readonly onUeMoved: () => void;
}

/** Joins connections to the pipeline: what UEs, base bands and subscribers say goes in and is counted. */
export class Connections implements BaseBand {
  readonly gateway: Gateway;
  /** Undefined where no tokens are asked for. */
  readonly accessControl: AccessControl | undefined;
  /** The feed of this process's own base band. */
  readonly #ownFeed: PhySession;
  readonly #gate: WebSocketGate;

  constructor(parts: ConnectionsParts) {
    const { options, accepting, stream, tally } = parts;
    const { clock, limits, tokenSecret } = options;
    this.#gate = new WebSocketGate({
      ...options,
      ...limits,
      maxBufferedBytes: 2 * limits.maxBufferedBytes,
      closeTimeoutMs: options.drainTimeoutMs,
      onReject: ({ code, message }) => {
        tally.reject(code);
        options.logger.debug({ code, message }, 'rejected');
      },
    });
    const ueContext = ueContextOf(parts);
    const phyContext = phyContextOf(parts);
    this.#ownFeed = new PhySession(phyContext);
    this.accessControl = tokenSecret === undefined ? undefined : new AccessControl(tokenSecret, clock);
    this.gateway = new Gateway({
      ...options,
      gate: this.#gate,
      accessControl: this.accessControl,
      accepting,
      onRefused: (fault, message) => {
        tally.refuse(fault);
        options.logger.debug({ fault, message }, 'upgrade refused');
      },
      openUe: (peer) => new UeSession(peer, ueContext),
      openPhy: () => new PhySession(phyContext),
      openSubscriber: (peer) => new SubscriberSession(peer, stream),
    });
  }

  receiveUplink(ueId: string, slot: number, uplink: AngularDelayCsi): void {
    this.#ownFeed.message(encodeFrame('uplink', { ueId, slot, csi: csiMatrixOf(uplink) }));
  }

  /** Tells every connection that the server goes, and waits until they are closed or have had their time. */
  close(): Promise<void> {
    return this.#gate.close();
  }
}

function ueContextOf(parts: ConnectionsParts): ConstructorParameters<typeof UeSession>[1] {
  const { options, served, registry, watch, relief, pipeline, tally, modelTally, onUeMoved } = parts;
  return {
    ...options,
    served,
    registry,
    watch,
    defaults: options,
    relief,
    onReport: () => tally.received++,
    onRefused: (reason: SettleReason) => tally.settle('invalid', reason),
    onLeft: onUeMoved,
    accept: (report: AcceptedReport) => {
      modelTally.accept(report.version);
      pipeline.pushReport(report);
      onUeMoved();
    },
  };
}

function phyContextOf({ shapes, pipeline, tally }: ConnectionsParts): ConstructorParameters<typeof PhySession>[0] {
  return {
    shapes,
    accept: (ueId: string, sample: UplinkSample) => {
      tally.uplinksReceived++;
      pipeline.pushUplink(ueId, sample);
    },
    onInvalid: () => {
      tally.uplinksReceived++;
      tally.uplinksInvalid++;
    },
  };
}
