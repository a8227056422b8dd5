// The one home of protobufjs: the build puts it into the package.
import protobuf from 'protobufjs/minimal.js';

/** Writes the fields of a message. */
export const { Writer } = protobuf;
export type Writer = protobuf.Writer;

export const { readDoubleLE } = protobuf.util.float;
export const { readStrict: readUtf8 } = protobuf.util.utf8;
