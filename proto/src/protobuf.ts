// The one home of protobufjs: the build puts it into the package. No more of it than is used: frames are read by code of our
// own, and its reader would be a quarter of a UE's page.
import minimal from 'protobufjs/src/util/minimal.js';
import FrameWriter from 'protobufjs/src/writer.js';
import BufferWriter from 'protobufjs/src/writer_buffer.js';

FrameWriter._configure(BufferWriter);

/** Writes the fields of a message. */
export const Writer = FrameWriter;
export type Writer = InstanceType<typeof FrameWriter>;

export const { readDoubleLE } = minimal.float;
export const { readStrict: readUtf8 } = minimal.utf8;
