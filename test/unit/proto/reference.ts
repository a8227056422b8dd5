import { fileURLToPath } from 'node:url';
import type { FrameKind } from '@edge-csi/proto';
import protobuf from 'protobufjs';

const schema = fileURLToPath(new URL('../../../proto/csi_feedback.proto', import.meta.url));

/** protobuf.js on the schema by itself, which knows none of our rules: enumerations are numbers. */
const Frame = protobuf.loadSync(schema).lookupType('edge_csi.v1.Frame');

/** Bytes of a message that nothing has checked. */
export function encodeUnchecked(kind: FrameKind, value: Record<string, unknown>): Uint8Array {
  return Frame.encode(Frame.fromObject({ [kind]: value })).finish();
}

/** The body of a frame as protobuf.js reads it, enumerations by their names in the schema. */
export function decodeUnchecked(bytes: Uint8Array): Record<string, unknown> {
  return Frame.toObject(Frame.decode(bytes), { enums: String, defaults: true, oneofs: true });
}
