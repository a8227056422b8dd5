// @ts-nocheck
// Generated from csi_feedback.proto by `npm run generate`; do not edit.
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

const $root = $protobuf.roots["edge_csi_v1"] || ($protobuf.roots["edge_csi_v1"] = {});

export const edge_csi = $root.edge_csi = (() => {

    const edge_csi = {};

    edge_csi.v1 = (function() {

        const v1 = {};

        v1.Frame = (function() {

            const Frame = function (properties) {
            };

            Frame.prototype.hello = null;
            Frame.prototype.welcome = null;
            Frame.prototype.report = null;
            Frame.prototype.ack = null;
            Frame.prototype.reconfigure = null;
            Frame.prototype.reject = null;
            Frame.prototype.uplink = null;
            Frame.prototype.estimate = null;

            let $oneOfFields;

            $Object.defineProperty(Frame.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["hello", "welcome", "report", "ack", "reconfigure", "reject", "uplink", "estimate"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Frame.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
                    $root.edge_csi.v1.Hello.encode(message.hello, writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.welcome != null && $Object.hasOwnProperty.call(message, "welcome"))
                    $root.edge_csi.v1.Welcome.encode(message.welcome, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.report != null && $Object.hasOwnProperty.call(message, "report"))
                    $root.edge_csi.v1.CsiReport.encode(message.report, writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.ack != null && $Object.hasOwnProperty.call(message, "ack"))
                    $root.edge_csi.v1.ReportAck.encode(message.ack, writer.uint32(34).fork(), _depth + 1).ldelim();
                if (message.reconfigure != null && $Object.hasOwnProperty.call(message, "reconfigure"))
                    $root.edge_csi.v1.Reconfigure.encode(message.reconfigure, writer.uint32(42).fork(), _depth + 1).ldelim();
                if (message.reject != null && $Object.hasOwnProperty.call(message, "reject"))
                    $root.edge_csi.v1.Reject.encode(message.reject, writer.uint32(50).fork(), _depth + 1).ldelim();
                if (message.uplink != null && $Object.hasOwnProperty.call(message, "uplink"))
                    $root.edge_csi.v1.UplinkCsi.encode(message.uplink, writer.uint32(58).fork(), _depth + 1).ldelim();
                if (message.estimate != null && $Object.hasOwnProperty.call(message, "estimate"))
                    $root.edge_csi.v1.ChannelEstimate.encode(message.estimate, writer.uint32(66).fork(), _depth + 1).ldelim();
                return writer;
            };

            Frame.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.Frame();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.hello = $root.edge_csi.v1.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
                            message.body = "hello";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.welcome = $root.edge_csi.v1.Welcome.decode(reader, reader.size(), $undefined, _depth + 1, message.welcome);
                            message.body = "welcome";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.report = $root.edge_csi.v1.CsiReport.decode(reader, reader.size(), $undefined, _depth + 1, message.report);
                            message.body = "report";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.ack = $root.edge_csi.v1.ReportAck.decode(reader, reader.size(), $undefined, _depth + 1, message.ack);
                            message.body = "ack";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.reconfigure = $root.edge_csi.v1.Reconfigure.decode(reader, reader.size(), $undefined, _depth + 1, message.reconfigure);
                            message.body = "reconfigure";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.reject = $root.edge_csi.v1.Reject.decode(reader, reader.size(), $undefined, _depth + 1, message.reject);
                            message.body = "reject";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.uplink = $root.edge_csi.v1.UplinkCsi.decode(reader, reader.size(), $undefined, _depth + 1, message.uplink);
                            message.body = "uplink";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.estimate = $root.edge_csi.v1.ChannelEstimate.decode(reader, reader.size(), $undefined, _depth + 1, message.estimate);
                            message.body = "estimate";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Frame;
        })();

        v1.ModelRef = (function() {

            const ModelRef = function (properties) {
            };

            ModelRef.prototype.id = "";
            ModelRef.prototype.sha256 = $util.newBuffer([]);

            ModelRef.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== "")
                    writer.uint32(10).string(message.id);
                if (message.sha256 != null && $Object.hasOwnProperty.call(message, "sha256") && message.sha256.length)
                    writer.uint32(18).bytes(message.sha256);
                return writer;
            };

            ModelRef.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.ModelRef();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.id = value;
                            else
                                delete message.id;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.sha256 = value;
                            else
                                delete message.sha256;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ModelRef;
        })();

        v1.Hello = (function() {

            const Hello = function (properties) {
                this.models = [];
            };

            Hello.prototype.ueId = "";
            Hello.prototype.protocol = 0;
            Hello.prototype.models = $util.emptyArray;
            Hello.prototype.token = "";

            Hello.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.ueId != null && $Object.hasOwnProperty.call(message, "ueId") && message.ueId !== "")
                    writer.uint32(10).string(message.ueId);
                if (message.protocol != null && $Object.hasOwnProperty.call(message, "protocol") && message.protocol !== 0)
                    writer.uint32(16).uint32(message.protocol);
                if (message.models != null && message.models.length)
                    for (let i = 0; i < message.models.length; ++i)
                        $root.edge_csi.v1.ModelRef.encode(message.models[i], writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.token != null && $Object.hasOwnProperty.call(message, "token") && message.token !== "")
                    writer.uint32(34).string(message.token);
                return writer;
            };

            Hello.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.Hello();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.ueId = value;
                            else
                                delete message.ueId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.protocol = value;
                            else
                                delete message.protocol;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.models && message.models.length))
                                message.models = [];
                            message.models.push($root.edge_csi.v1.ModelRef.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.token = value;
                            else
                                delete message.token;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Hello;
        })();

        v1.ReportConfig = (function() {

            const ReportConfig = function (properties) {
            };

            ReportConfig.prototype.revision = 0;
            ReportConfig.prototype.model = null;
            ReportConfig.prototype.modelUrl = "";
            ReportConfig.prototype.reportPeriodSlots = 0;
            ReportConfig.prototype.codewordTruncation = 0;
            ReportConfig.prototype.phaseTheta = 0;

            ReportConfig.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.revision != null && $Object.hasOwnProperty.call(message, "revision") && message.revision !== 0)
                    writer.uint32(8).uint32(message.revision);
                if (message.model != null && $Object.hasOwnProperty.call(message, "model"))
                    $root.edge_csi.v1.ModelRef.encode(message.model, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.modelUrl != null && $Object.hasOwnProperty.call(message, "modelUrl") && message.modelUrl !== "")
                    writer.uint32(26).string(message.modelUrl);
                if (message.reportPeriodSlots != null && $Object.hasOwnProperty.call(message, "reportPeriodSlots") && message.reportPeriodSlots !== 0)
                    writer.uint32(32).uint32(message.reportPeriodSlots);
                if (message.codewordTruncation != null && $Object.hasOwnProperty.call(message, "codewordTruncation") && message.codewordTruncation !== 0)
                    writer.uint32(40).uint32(message.codewordTruncation);
                if (message.phaseTheta != null && $Object.hasOwnProperty.call(message, "phaseTheta") && message.phaseTheta !== 0)
                    writer.uint32(48).uint32(message.phaseTheta);
                return writer;
            };

            ReportConfig.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.ReportConfig();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.revision = value;
                            else
                                delete message.revision;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.model = $root.edge_csi.v1.ModelRef.decode(reader, reader.size(), $undefined, _depth + 1, message.model);
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.modelUrl = value;
                            else
                                delete message.modelUrl;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.reportPeriodSlots = value;
                            else
                                delete message.reportPeriodSlots;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.codewordTruncation = value;
                            else
                                delete message.codewordTruncation;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.phaseTheta = value;
                            else
                                delete message.phaseTheta;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ReportConfig;
        })();

        v1.Welcome = (function() {

            const Welcome = function (properties) {
            };

            Welcome.prototype.epoch = 0;
            Welcome.prototype.config = null;

            Welcome.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                    writer.uint32(8).uint32(message.epoch);
                if (message.config != null && $Object.hasOwnProperty.call(message, "config"))
                    $root.edge_csi.v1.ReportConfig.encode(message.config, writer.uint32(18).fork(), _depth + 1).ldelim();
                return writer;
            };

            Welcome.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.Welcome();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.config = $root.edge_csi.v1.ReportConfig.decode(reader, reader.size(), $undefined, _depth + 1, message.config);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Welcome;
        })();

        v1.Reconfigure = (function() {

            const Reconfigure = function (properties) {
            };

            Reconfigure.prototype.config = null;

            Reconfigure.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.config != null && $Object.hasOwnProperty.call(message, "config"))
                    $root.edge_csi.v1.ReportConfig.encode(message.config, writer.uint32(10).fork(), _depth + 1).ldelim();
                return writer;
            };

            Reconfigure.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.Reconfigure();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.config = $root.edge_csi.v1.ReportConfig.decode(reader, reader.size(), $undefined, _depth + 1, message.config);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Reconfigure;
        })();

        v1.CsiReport = (function() {

            const CsiReport = function (properties) {
            };

            CsiReport.prototype.epoch = 0;
            CsiReport.prototype.seq = 0;
            CsiReport.prototype.slot = null;
            CsiReport.prototype.modelId = "";
            CsiReport.prototype.revision = 0;
            CsiReport.prototype.codeword = $util.newBuffer([]);
            CsiReport.prototype.scale = null;
            CsiReport.prototype.phase = $util.newBuffer([]);
            CsiReport.prototype.payloadBits = 0;
            CsiReport.prototype.processingUs = null;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(CsiReport.prototype, "_slot", {
                get: $util.oneOfGetter($oneOfFields = ["slot"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(CsiReport.prototype, "_scale", {
                get: $util.oneOfGetter($oneOfFields = ["scale"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(CsiReport.prototype, "_processingUs", {
                get: $util.oneOfGetter($oneOfFields = ["processingUs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            CsiReport.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                    writer.uint32(8).uint32(message.epoch);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(16).uint32(message.seq);
                if (message.slot != null && $Object.hasOwnProperty.call(message, "slot"))
                    writer.uint32(24).uint32(message.slot);
                if (message.modelId != null && $Object.hasOwnProperty.call(message, "modelId") && message.modelId !== "")
                    writer.uint32(34).string(message.modelId);
                if (message.revision != null && $Object.hasOwnProperty.call(message, "revision") && message.revision !== 0)
                    writer.uint32(40).uint32(message.revision);
                if (message.codeword != null && $Object.hasOwnProperty.call(message, "codeword") && message.codeword.length)
                    writer.uint32(50).bytes(message.codeword);
                if (message.scale != null && $Object.hasOwnProperty.call(message, "scale"))
                    writer.uint32(56).uint32(message.scale);
                if (message.phase != null && $Object.hasOwnProperty.call(message, "phase") && message.phase.length)
                    writer.uint32(66).bytes(message.phase);
                if (message.payloadBits != null && $Object.hasOwnProperty.call(message, "payloadBits") && message.payloadBits !== 0)
                    writer.uint32(72).uint32(message.payloadBits);
                if (message.processingUs != null && $Object.hasOwnProperty.call(message, "processingUs"))
                    writer.uint32(80).uint32(message.processingUs);
                return writer;
            };

            CsiReport.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.CsiReport();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            message.slot = reader.uint32();
                            message._slot = "slot";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.modelId = value;
                            else
                                delete message.modelId;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.revision = value;
                            else
                                delete message.revision;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.codeword = value;
                            else
                                delete message.codeword;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            message.scale = reader.uint32();
                            message._scale = "scale";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.phase = value;
                            else
                                delete message.phase;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.payloadBits = value;
                            else
                                delete message.payloadBits;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 0)
                                break;
                            message.processingUs = reader.uint32();
                            message._processingUs = "processingUs";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return CsiReport;
        })();

        v1.ReportAck = (function() {

            const ReportAck = function (properties) {
                this.seqs = [];
                this.outcomes = [];
            };

            ReportAck.prototype.seqs = $util.emptyArray;
            ReportAck.prototype.outcomes = $util.emptyArray;

            ReportAck.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.seqs != null && message.seqs.length)
                    writer.uint32(10).uint32s(message.seqs);
                if (message.outcomes != null && message.outcomes.length)
                    writer.uint32(18).int32s(message.outcomes);
                return writer;
            };

            ReportAck.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.ReportAck();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType === 2) {
                                if (!(message.seqs && message.seqs.length))
                                    message.seqs = [];
                                reader.uint32s(message.seqs);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.seqs && message.seqs.length))
                                message.seqs = [];
                            message.seqs.push(reader.uint32());
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.outcomes && message.outcomes.length))
                                    message.outcomes = [];
                                reader.int32s(message.outcomes);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.outcomes && message.outcomes.length))
                                message.outcomes = [];
                            message.outcomes.push(reader.int32());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ReportAck;
        })();

        v1.Reject = (function() {

            const Reject = function (properties) {
            };

            Reject.prototype.code = "";
            Reject.prototype.message = "";
            Reject.prototype.retryable = false;
            Reject.prototype.seq = 0;

            Reject.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                    writer.uint32(10).string(message.code);
                if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                    writer.uint32(18).string(message.message);
                if (message.retryable != null && $Object.hasOwnProperty.call(message, "retryable") && message.retryable !== false)
                    writer.uint32(24).bool(message.retryable);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(32).uint32(message.seq);
                return writer;
            };

            Reject.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.Reject();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.code = value;
                            else
                                delete message.code;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.message = value;
                            else
                                delete message.message;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.retryable = value;
                            else
                                delete message.retryable;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Reject;
        })();

        v1.CsiMatrix = (function() {

            const CsiMatrix = function (properties) {
            };

            CsiMatrix.prototype.numAntennas = 0;
            CsiMatrix.prototype.numDelays = 0;
            CsiMatrix.prototype.domain = 0;
            CsiMatrix.prototype.encoding = 0;
            CsiMatrix.prototype.values = $util.newBuffer([]);

            CsiMatrix.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.numAntennas != null && $Object.hasOwnProperty.call(message, "numAntennas") && message.numAntennas !== 0)
                    writer.uint32(8).uint32(message.numAntennas);
                if (message.numDelays != null && $Object.hasOwnProperty.call(message, "numDelays") && message.numDelays !== 0)
                    writer.uint32(16).uint32(message.numDelays);
                if (message.domain != null && $Object.hasOwnProperty.call(message, "domain") && message.domain !== 0)
                    writer.uint32(24).int32(message.domain);
                if (message.encoding != null && $Object.hasOwnProperty.call(message, "encoding") && message.encoding !== 0)
                    writer.uint32(32).int32(message.encoding);
                if (message.values != null && $Object.hasOwnProperty.call(message, "values") && message.values.length)
                    writer.uint32(42).bytes(message.values);
                return writer;
            };

            CsiMatrix.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.CsiMatrix();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.numAntennas = value;
                            else
                                delete message.numAntennas;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.numDelays = value;
                            else
                                delete message.numDelays;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.domain = value;
                            else
                                delete message.domain;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.encoding = value;
                            else
                                delete message.encoding;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.values = value;
                            else
                                delete message.values;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return CsiMatrix;
        })();

        v1.UplinkCsi = (function() {

            const UplinkCsi = function (properties) {
            };

            UplinkCsi.prototype.ueId = "";
            UplinkCsi.prototype.slot = null;
            UplinkCsi.prototype.csi = null;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(UplinkCsi.prototype, "_slot", {
                get: $util.oneOfGetter($oneOfFields = ["slot"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            UplinkCsi.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.ueId != null && $Object.hasOwnProperty.call(message, "ueId") && message.ueId !== "")
                    writer.uint32(10).string(message.ueId);
                if (message.slot != null && $Object.hasOwnProperty.call(message, "slot"))
                    writer.uint32(16).uint32(message.slot);
                if (message.csi != null && $Object.hasOwnProperty.call(message, "csi"))
                    $root.edge_csi.v1.CsiMatrix.encode(message.csi, writer.uint32(26).fork(), _depth + 1).ldelim();
                return writer;
            };

            UplinkCsi.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.UplinkCsi();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.ueId = value;
                            else
                                delete message.ueId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            message.slot = reader.uint32();
                            message._slot = "slot";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.csi = $root.edge_csi.v1.CsiMatrix.decode(reader, reader.size(), $undefined, _depth + 1, message.csi);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return UplinkCsi;
        })();

        v1.ChannelEstimate = (function() {

            const ChannelEstimate = function (properties) {
            };

            ChannelEstimate.prototype.ueId = "";
            ChannelEstimate.prototype.epoch = 0;
            ChannelEstimate.prototype.seq = 0;
            ChannelEstimate.prototype.slot = 0;
            ChannelEstimate.prototype.modelId = "";
            ChannelEstimate.prototype.csi = null;
            ChannelEstimate.prototype.quality = 0;
            ChannelEstimate.prototype.ageMs = 0;
            ChannelEstimate.prototype.queueMs = 0;
            ChannelEstimate.prototype.decodeMs = 0;
            ChannelEstimate.prototype.receivedMs = 0;
            ChannelEstimate.prototype.payloadBits = 0;

            ChannelEstimate.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.ueId != null && $Object.hasOwnProperty.call(message, "ueId") && message.ueId !== "")
                    writer.uint32(10).string(message.ueId);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                    writer.uint32(16).uint32(message.epoch);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(24).uint32(message.seq);
                if (message.slot != null && $Object.hasOwnProperty.call(message, "slot") && message.slot !== 0)
                    writer.uint32(32).uint32(message.slot);
                if (message.modelId != null && $Object.hasOwnProperty.call(message, "modelId") && message.modelId !== "")
                    writer.uint32(42).string(message.modelId);
                if (message.csi != null && $Object.hasOwnProperty.call(message, "csi"))
                    $root.edge_csi.v1.CsiMatrix.encode(message.csi, writer.uint32(50).fork(), _depth + 1).ldelim();
                if (message.quality != null && $Object.hasOwnProperty.call(message, "quality") && message.quality !== 0)
                    writer.uint32(56).int32(message.quality);
                if (message.ageMs != null && $Object.hasOwnProperty.call(message, "ageMs") && !$Object.is(message.ageMs, 0))
                    writer.uint32(65).double(message.ageMs);
                if (message.queueMs != null && $Object.hasOwnProperty.call(message, "queueMs") && !$Object.is(message.queueMs, 0))
                    writer.uint32(73).double(message.queueMs);
                if (message.decodeMs != null && $Object.hasOwnProperty.call(message, "decodeMs") && !$Object.is(message.decodeMs, 0))
                    writer.uint32(81).double(message.decodeMs);
                if (message.receivedMs != null && $Object.hasOwnProperty.call(message, "receivedMs") && !$Object.is(message.receivedMs, 0))
                    writer.uint32(89).double(message.receivedMs);
                if (message.payloadBits != null && $Object.hasOwnProperty.call(message, "payloadBits") && message.payloadBits !== 0)
                    writer.uint32(96).uint32(message.payloadBits);
                return writer;
            };

            ChannelEstimate.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.edge_csi.v1.ChannelEstimate();
                while (reader.pos < end) {
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.ueId = value;
                            else
                                delete message.ueId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.slot = value;
                            else
                                delete message.slot;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.modelId = value;
                            else
                                delete message.modelId;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.csi = $root.edge_csi.v1.CsiMatrix.decode(reader, reader.size(), $undefined, _depth + 1, message.csi);
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.quality = value;
                            else
                                delete message.quality;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.ageMs = value;
                            else
                                delete message.ageMs;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.queueMs = value;
                            else
                                delete message.queueMs;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.decodeMs = value;
                            else
                                delete message.decodeMs;
                            continue;
                        }
                    case 11: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.receivedMs = value;
                            else
                                delete message.receivedMs;
                            continue;
                        }
                    case 12: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.payloadBits = value;
                            else
                                delete message.payloadBits;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ChannelEstimate;
        })();

        return v1;
    })();

    return edge_csi;
})();
