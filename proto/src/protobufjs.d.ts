// Files of protobufjs that have no declarations of their own.
declare module 'protobufjs/src/writer.js' {
  import type { BufferWriter, Writer } from 'protobufjs/minimal.js';

  const writer: typeof Writer & { _configure(bufferWriter: typeof BufferWriter): void };
  export = writer;
}

declare module 'protobufjs/src/writer_buffer.js' {
  import type { BufferWriter } from 'protobufjs/minimal.js';

  const writer: typeof BufferWriter;
  export = writer;
}

declare module 'protobufjs/src/util/minimal.js' {
  import type { util } from 'protobufjs/minimal.js';

  const minimal: typeof util;
  export = minimal;
}
