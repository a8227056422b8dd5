import type { Network, Networks, PayloadEncoder } from './codec.ts';
import { createDualnet } from './dualnet/dualnet.ts';
import { createDualnetEncoder } from './dualnet/encoder.ts';
import type { CodecSpec } from './ue-codec.ts';

/**
 * Makes what turns CSI into payloads at the UE.
 *
 * @param networks - those that `UeCodec.networks` names
 * @throws CsiError `model-invalid` where the parts of the spec do not fit each other.
 */
export function createPayloadEncoder(spec: CodecSpec, networks: Networks): PayloadEncoder {
  return createDualnetEncoder(spec, createDualnet(spec), networks.encoder as Network);
}
