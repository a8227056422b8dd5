// Generated from csi_feedback.proto and rules.js by `npm run generate`; do not edit.
import {
  type Form,
  bytes,
  duration,
  estimateGiven,
  flag,
  given,
  integer,
  list,
  matching,
  outcomesFit,
  pathsFit,
  payloadFits,
  text,
  valuesFit,
  word,
} from '../check.ts';
import { MessageReader, type WireFields } from '../message-reader.ts';
import { Writer } from '../protobuf.ts';
import { maxFrameBytes, maxMessageLength } from '../protocol.ts';
import type {
  ChannelEstimate,
  CsiDomain,
  CsiEncoding,
  CsiMatrix,
  CsiPaths,
  CsiReport,
  EstimateForm,
  EstimateQuality,
  Frame,
  Hello,
  Hint,
  ModelRef,
  Reconfigure,
  Reject,
  ReportAck,
  ReportConfig,
  ReportOutcome,
  Subscribe,
  UplinkCsi,
  Welcome,
} from './messages.ts';

/** A message whose fields may be missing. */
type Unchecked<T> = { readonly [K in keyof T]: T[K] | undefined };

const ueIdForm: Form = [/^[A-Za-z0-9._:-]{1,64}$/, '1..64 characters of A-Z a-z 0-9 . _ : -'];
const modelIdForm: Form = [/^[a-z0-9][a-z0-9.-]{0,63}$/, 'a model id: lower-case letters, digits, dots and hyphens'];
const modelIdOrNoneForm: Form = [/^(?:[a-z0-9][a-z0-9.-]{0,63})?$/, 'a model id or empty'];
const urlPathForm: Form = [/^\/(?!\/)[\w.~%/-]{1,255}$/, 'an absolute path'];
const errorCodeForm: Form = [/^[a-z][a-z-]{0,63}$/, 'an error code'];

const reportOutcomeWords: readonly ReportOutcome[] = ['decoded', 'superseded', 'late', 'shed', 'invalid'];
const csiEncodingWords: readonly CsiEncoding[] = ['float32', 'float16'];
const csiDomainWords: readonly CsiDomain[] = ['angular-delay'];
const estimateFormWords: readonly EstimateForm[] = ['matrix', 'paths', 'matrix-and-paths'];
const estimateQualityWords: readonly EstimateQuality[] = ['fresh', 'stale-uplink', 'uplink-only', 'held', 'no-uplink', 'predicted'];

const modelRefFields: WireFields = [
  undefined,
  { name: 'id', wireType: 2 },
  { name: 'sha256', wireType: 2 },
];

function readModelRef(from: MessageReader): ModelRef {
  let id = '';
  let sha256: Uint8Array | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        id = from.string();
        break;
      case 2:
        sha256 = from.bytes();
        break;
      default:
        return checkModelRef({ id, sha256: sha256 ?? new Uint8Array(0) }, from.path);
    }
  }
}

function checkModelRef(value: Unchecked<ModelRef>, path: string): ModelRef {
  given(value, path);
  matching(value.id, modelIdForm, path, 'id');
  bytes(value.sha256, 32, 32, path, 'sha256');
  return value as ModelRef;
}

function writeModelRef(to: Writer, value: ModelRef, path: string): Writer {
  checkModelRef(value, path);
  if (value.id !== '') to.uint32(10).string(value.id);
  if (value.sha256.length > 0) to.uint32(18).bytes(value.sha256);
  return to;
}

const helloFields: WireFields = [
  undefined,
  { name: 'ueId', wireType: 2 },
  { name: 'protocol', wireType: 0 },
  { name: 'models', wireType: 2, repeated: true },
  { name: 'token', wireType: 2 },
  { name: 'remembers', wireType: 0 },
];

function readHello(from: MessageReader): Hello {
  let ueId = '';
  let protocol = 0;
  const models: ModelRef[] = [];
  let token = '';
  let remembers: boolean | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        ueId = from.string();
        break;
      case 2:
        protocol = from.uint32();
        break;
      case 3:
        models.push(readModelRef(from.message(modelRefFields, models.length)));
        break;
      case 4:
        token = from.string();
        break;
      case 5:
        remembers = from.bool();
        break;
      default:
        return checkHello({ ueId, protocol, models, token, remembers }, from.path);
    }
  }
}

function checkHello(value: Unchecked<Hello>, path: string): Hello {
  given(value, path);
  matching(value.ueId, ueIdForm, path, 'ueId');
  integer(value.protocol, 1, 4294967295, path, 'protocol');
  list(value.models, 0, 64, path, 'models');
  text(value.token, maxMessageLength, path, 'token');
  if (value.remembers !== undefined) flag(value.remembers, path, 'remembers');
  return value as Hello;
}

function writeHello(to: Writer, value: Hello, path: string): Writer {
  checkHello(value, path);
  if (value.ueId !== '') to.uint32(10).string(value.ueId);
  if (value.protocol !== 0) to.uint32(16).uint32(value.protocol);
  value.models.forEach((item, i) => writeModelRef(to.uint32(26).fork(), item, `${path}.models[${i}]`).ldelim());
  if (value.token !== '') to.uint32(34).string(value.token);
  if (value.remembers) to.uint32(40).bool(value.remembers);
  return to;
}

const reportConfigFields: WireFields = [
  undefined,
  { name: 'revision', wireType: 0 },
  { name: 'model', wireType: 2 },
  { name: 'modelUrl', wireType: 2 },
  { name: 'reportPeriodSlots', wireType: 0 },
  { name: 'codewordTruncation', wireType: 0 },
  { name: 'phaseTheta', wireType: 0 },
  { name: 'maxPayloadBits', wireType: 0 },
  { name: 'bitPriceTenthDb', wireType: 0 },
];

function readReportConfig(from: MessageReader): ReportConfig {
  let revision = 0;
  let model: ModelRef | undefined;
  let modelUrl = '';
  let reportPeriodSlots = 0;
  let codewordTruncation = 0;
  let phaseTheta = 0;
  let maxPayloadBits = 0;
  let bitPriceTenthDb = 0;
  for (;;) {
    switch (from.next()) {
      case 1:
        revision = from.uint32();
        break;
      case 2:
        model = readModelRef(from.message(modelRefFields));
        break;
      case 3:
        modelUrl = from.string();
        break;
      case 4:
        reportPeriodSlots = from.uint32();
        break;
      case 5:
        codewordTruncation = from.uint32();
        break;
      case 6:
        phaseTheta = from.uint32();
        break;
      case 7:
        maxPayloadBits = from.uint32();
        break;
      case 8:
        bitPriceTenthDb = from.uint32();
        break;
      default:
        return checkReportConfig({ revision, model, modelUrl, reportPeriodSlots, codewordTruncation, phaseTheta, maxPayloadBits, bitPriceTenthDb }, from.path);
    }
  }
}

function checkReportConfig(value: Unchecked<ReportConfig>, path: string): ReportConfig {
  given(value, path);
  integer(value.revision, 1, 4294967295, path, 'revision');
  given(value.model, path, 'model');
  matching(value.modelUrl, urlPathForm, path, 'modelUrl');
  integer(value.reportPeriodSlots, 1, 320, path, 'reportPeriodSlots');
  integer(value.codewordTruncation, 0, 7, path, 'codewordTruncation');
  integer(value.phaseTheta, 1, 16777216, path, 'phaseTheta');
  integer(value.maxPayloadBits, 0, 2000, path, 'maxPayloadBits');
  integer(value.bitPriceTenthDb, 0, 1000, path, 'bitPriceTenthDb');
  return value as ReportConfig;
}

function writeReportConfig(to: Writer, value: ReportConfig, path: string): Writer {
  checkReportConfig(value, path);
  if (value.revision !== 0) to.uint32(8).uint32(value.revision);
  writeModelRef(to.uint32(18).fork(), value.model, `${path}.model`).ldelim();
  if (value.modelUrl !== '') to.uint32(26).string(value.modelUrl);
  if (value.reportPeriodSlots !== 0) to.uint32(32).uint32(value.reportPeriodSlots);
  if (value.codewordTruncation !== 0) to.uint32(40).uint32(value.codewordTruncation);
  if (value.phaseTheta !== 0) to.uint32(48).uint32(value.phaseTheta);
  if (value.maxPayloadBits !== 0) to.uint32(56).uint32(value.maxPayloadBits);
  if (value.bitPriceTenthDb !== 0) to.uint32(64).uint32(value.bitPriceTenthDb);
  return to;
}

const welcomeFields: WireFields = [
  undefined,
  { name: 'epoch', wireType: 0 },
  { name: 'config', wireType: 2 },
  { name: 'remembers', wireType: 0 },
];

function readWelcome(from: MessageReader): Welcome {
  let epoch = 0;
  let config: ReportConfig | undefined;
  let remembers: boolean | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        epoch = from.uint32();
        break;
      case 2:
        config = readReportConfig(from.message(reportConfigFields));
        break;
      case 3:
        remembers = from.bool();
        break;
      default:
        return checkWelcome({ epoch, config, remembers }, from.path);
    }
  }
}

function checkWelcome(value: Unchecked<Welcome>, path: string): Welcome {
  given(value, path);
  integer(value.epoch, 1, 4294967295, path, 'epoch');
  given(value.config, path, 'config');
  if (value.remembers !== undefined) flag(value.remembers, path, 'remembers');
  return value as Welcome;
}

function writeWelcome(to: Writer, value: Welcome, path: string): Writer {
  checkWelcome(value, path);
  if (value.epoch !== 0) to.uint32(8).uint32(value.epoch);
  writeReportConfig(to.uint32(18).fork(), value.config, `${path}.config`).ldelim();
  if (value.remembers) to.uint32(24).bool(value.remembers);
  return to;
}

const reconfigureFields: WireFields = [
  undefined,
  { name: 'config', wireType: 2 },
];

function readReconfigure(from: MessageReader): Reconfigure {
  let config: ReportConfig | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        config = readReportConfig(from.message(reportConfigFields));
        break;
      default:
        return checkReconfigure({ config }, from.path);
    }
  }
}

function checkReconfigure(value: Unchecked<Reconfigure>, path: string): Reconfigure {
  given(value, path);
  given(value.config, path, 'config');
  return value as Reconfigure;
}

function writeReconfigure(to: Writer, value: Reconfigure, path: string): Writer {
  checkReconfigure(value, path);
  writeReportConfig(to.uint32(10).fork(), value.config, `${path}.config`).ldelim();
  return to;
}

const csiReportFields: WireFields = [
  undefined,
  { name: 'epoch', wireType: 0 },
  { name: 'seq', wireType: 0 },
  { name: 'slot', wireType: 0 },
  { name: 'modelId', wireType: 2 },
  { name: 'revision', wireType: 0 },
  { name: 'codeword', wireType: 2 },
  { name: 'scale', wireType: 0 },
  { name: 'phase', wireType: 2 },
  { name: 'payloadBits', wireType: 0 },
  { name: 'processingUs', wireType: 0 },
  { name: 'referenceSeq', wireType: 0 },
  { name: 'referenceHint', wireType: 0 },
];

function readCsiReport(from: MessageReader): CsiReport {
  let epoch = 0;
  let seq = 0;
  let slot: number | undefined;
  let modelId = '';
  let revision = 0;
  let codeword: Uint8Array | undefined;
  let scale: number | undefined;
  let phase: Uint8Array | undefined;
  let payloadBits = 0;
  let processingUs: number | undefined;
  let referenceSeq: number | undefined;
  let referenceHint: number | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        epoch = from.uint32();
        break;
      case 2:
        seq = from.uint32();
        break;
      case 3:
        slot = from.uint32();
        break;
      case 4:
        modelId = from.string();
        break;
      case 5:
        revision = from.uint32();
        break;
      case 6:
        codeword = from.bytes();
        break;
      case 7:
        scale = from.uint32();
        break;
      case 8:
        phase = from.bytes();
        break;
      case 9:
        payloadBits = from.uint32();
        break;
      case 10:
        processingUs = from.uint32();
        break;
      case 11:
        referenceSeq = from.uint32();
        break;
      case 12:
        referenceHint = from.uint32();
        break;
      default:
        return checkCsiReport({ epoch, seq, slot, modelId, revision, codeword: codeword ?? new Uint8Array(0), scale, phase: phase ?? new Uint8Array(0), payloadBits, processingUs, referenceSeq, referenceHint }, from.path);
    }
  }
}

function checkCsiReport(value: Unchecked<CsiReport>, path: string): CsiReport {
  given(value, path);
  integer(value.epoch, 1, 4294967295, path, 'epoch');
  integer(value.seq, 1, 4294967295, path, 'seq');
  integer(value.slot, 0, 4294967295, path, 'slot');
  matching(value.modelId, modelIdForm, path, 'modelId');
  integer(value.revision, 1, 4294967295, path, 'revision');
  bytes(value.codeword, 1, maxFrameBytes.ue, path, 'codeword');
  integer(value.scale, 0, 65535, path, 'scale');
  bytes(value.phase, 0, maxFrameBytes.ue, path, 'phase');
  integer(value.payloadBits, 1, 4294967295, path, 'payloadBits');
  integer(value.processingUs, 0, 4294967295, path, 'processingUs');
  if (value.referenceSeq !== undefined) integer(value.referenceSeq, 0, 4294967295, path, 'referenceSeq');
  if (value.referenceHint !== undefined) integer(value.referenceHint, 0, 4294967295, path, 'referenceHint');
  payloadFits(value as CsiReport, path);
  return value as CsiReport;
}

function writeCsiReport(to: Writer, value: CsiReport, path: string): Writer {
  checkCsiReport(value, path);
  if (value.epoch !== 0) to.uint32(8).uint32(value.epoch);
  if (value.seq !== 0) to.uint32(16).uint32(value.seq);
  to.uint32(24).uint32(value.slot);
  if (value.modelId !== '') to.uint32(34).string(value.modelId);
  if (value.revision !== 0) to.uint32(40).uint32(value.revision);
  if (value.codeword.length > 0) to.uint32(50).bytes(value.codeword);
  to.uint32(56).uint32(value.scale);
  if (value.phase.length > 0) to.uint32(66).bytes(value.phase);
  if (value.payloadBits !== 0) to.uint32(72).uint32(value.payloadBits);
  to.uint32(80).uint32(value.processingUs);
  if (value.referenceSeq) to.uint32(88).uint32(value.referenceSeq);
  if (value.referenceHint) to.uint32(96).uint32(value.referenceHint);
  return to;
}

const hintFields: WireFields = [
  undefined,
  { name: 'number', wireType: 0 },
  { name: 'modelId', wireType: 2 },
  { name: 'content', wireType: 2 },
];

function readHint(from: MessageReader): Hint {
  let number = 0;
  let modelId = '';
  let content: Uint8Array | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        number = from.uint32();
        break;
      case 2:
        modelId = from.string();
        break;
      case 3:
        content = from.bytes();
        break;
      default:
        return checkHint({ number, modelId, content: content ?? new Uint8Array(0) }, from.path);
    }
  }
}

function checkHint(value: Unchecked<Hint>, path: string): Hint {
  given(value, path);
  integer(value.number, 1, 4294967295, path, 'number');
  matching(value.modelId, modelIdForm, path, 'modelId');
  bytes(value.content, 1, maxFrameBytes.ue, path, 'content');
  return value as Hint;
}

function writeHint(to: Writer, value: Hint, path: string): Writer {
  checkHint(value, path);
  if (value.number !== 0) to.uint32(8).uint32(value.number);
  if (value.modelId !== '') to.uint32(18).string(value.modelId);
  if (value.content.length > 0) to.uint32(26).bytes(value.content);
  return to;
}

const reportAckFields: WireFields = [
  undefined,
  { name: 'seqs', wireType: 0, repeated: true },
  { name: 'outcomes', wireType: 0, repeated: true },
];

function readReportAck(from: MessageReader): ReportAck {
  const seqs: number[] = [];
  const outcomes: ReportOutcome[] = [];
  for (;;) {
    switch (from.next()) {
      case 1:
        from.each(() => seqs.push(from.uint32()));
        break;
      case 2:
        from.each(() => outcomes.push(from.word(reportOutcomeWords, outcomes.length)));
        break;
      default:
        return checkReportAck({ seqs, outcomes }, from.path);
    }
  }
}

function checkReportAck(value: Unchecked<ReportAck>, path: string): ReportAck {
  given(value, path);
  list(value.seqs, 1, 1024, path, 'seqs');
  value.seqs.forEach((item, i) => integer(item, 1, 4294967295, path, 'seqs', i));
  list(value.outcomes, 1, 1024, path, 'outcomes');
  value.outcomes.forEach((item, i) => word(item, reportOutcomeWords, path, 'outcomes', i));
  outcomesFit(value as ReportAck, path);
  return value as ReportAck;
}

function writeReportAck(to: Writer, value: ReportAck, path: string): Writer {
  checkReportAck(value, path);
  to.uint32(10).fork();
  for (const item of value.seqs) to.uint32(item);
  to.ldelim();
  to.uint32(18).fork();
  for (const item of value.outcomes) to.uint32(reportOutcomeWords.indexOf(item) + 1);
  to.ldelim();
  return to;
}

const rejectFields: WireFields = [
  undefined,
  { name: 'code', wireType: 2 },
  { name: 'message', wireType: 2 },
  { name: 'retryable', wireType: 0 },
  { name: 'seq', wireType: 0 },
];

function readReject(from: MessageReader): Reject {
  let code = '';
  let message = '';
  let retryable = false;
  let seq = 0;
  for (;;) {
    switch (from.next()) {
      case 1:
        code = from.string();
        break;
      case 2:
        message = from.string();
        break;
      case 3:
        retryable = from.bool();
        break;
      case 4:
        seq = from.uint32();
        break;
      default:
        return checkReject({ code, message, retryable, seq }, from.path);
    }
  }
}

function checkReject(value: Unchecked<Reject>, path: string): Reject {
  given(value, path);
  matching(value.code, errorCodeForm, path, 'code');
  text(value.message, maxMessageLength, path, 'message');
  flag(value.retryable, path, 'retryable');
  integer(value.seq, 0, 4294967295, path, 'seq');
  return value as Reject;
}

function writeReject(to: Writer, value: Reject, path: string): Writer {
  checkReject(value, path);
  if (value.code !== '') to.uint32(10).string(value.code);
  if (value.message !== '') to.uint32(18).string(value.message);
  if (value.retryable) to.uint32(24).bool(value.retryable);
  if (value.seq !== 0) to.uint32(32).uint32(value.seq);
  return to;
}

const csiMatrixFields: WireFields = [
  undefined,
  { name: 'numAntennas', wireType: 0 },
  { name: 'numDelays', wireType: 0 },
  { name: 'domain', wireType: 0 },
  { name: 'encoding', wireType: 0 },
  { name: 'values', wireType: 2 },
];

function readCsiMatrix(from: MessageReader): CsiMatrix {
  let numAntennas = 0;
  let numDelays = 0;
  let domain: CsiDomain | undefined;
  let encoding: CsiEncoding | undefined;
  let values: Uint8Array | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        numAntennas = from.uint32();
        break;
      case 2:
        numDelays = from.uint32();
        break;
      case 3:
        domain = from.word(csiDomainWords);
        break;
      case 4:
        encoding = from.word(csiEncodingWords);
        break;
      case 5:
        values = from.bytes();
        break;
      default:
        return checkCsiMatrix({ numAntennas, numDelays, domain, encoding, values: values ?? new Uint8Array(0) }, from.path);
    }
  }
}

function checkCsiMatrix(value: Unchecked<CsiMatrix>, path: string): CsiMatrix {
  given(value, path);
  integer(value.numAntennas, 1, 1024, path, 'numAntennas');
  integer(value.numDelays, 1, 1024, path, 'numDelays');
  word(value.domain, csiDomainWords, path, 'domain');
  word(value.encoding, csiEncodingWords, path, 'encoding');
  bytes(value.values, 4, maxFrameBytes.phy, path, 'values');
  valuesFit(value as CsiMatrix, path);
  return value as CsiMatrix;
}

function writeCsiMatrix(to: Writer, value: CsiMatrix, path: string): Writer {
  checkCsiMatrix(value, path);
  if (value.numAntennas !== 0) to.uint32(8).uint32(value.numAntennas);
  if (value.numDelays !== 0) to.uint32(16).uint32(value.numDelays);
  to.uint32(24).uint32(csiDomainWords.indexOf(value.domain) + 1);
  to.uint32(32).uint32(csiEncodingWords.indexOf(value.encoding) + 1);
  if (value.values.length > 0) to.uint32(42).bytes(value.values);
  return to;
}

const uplinkCsiFields: WireFields = [
  undefined,
  { name: 'ueId', wireType: 2 },
  { name: 'slot', wireType: 0 },
  { name: 'csi', wireType: 2 },
];

function readUplinkCsi(from: MessageReader): UplinkCsi {
  let ueId = '';
  let slot: number | undefined;
  let csi: CsiMatrix | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        ueId = from.string();
        break;
      case 2:
        slot = from.uint32();
        break;
      case 3:
        csi = readCsiMatrix(from.message(csiMatrixFields));
        break;
      default:
        return checkUplinkCsi({ ueId, slot, csi }, from.path);
    }
  }
}

function checkUplinkCsi(value: Unchecked<UplinkCsi>, path: string): UplinkCsi {
  given(value, path);
  matching(value.ueId, ueIdForm, path, 'ueId');
  integer(value.slot, 0, 4294967295, path, 'slot');
  given(value.csi, path, 'csi');
  return value as UplinkCsi;
}

function writeUplinkCsi(to: Writer, value: UplinkCsi, path: string): Writer {
  checkUplinkCsi(value, path);
  if (value.ueId !== '') to.uint32(10).string(value.ueId);
  to.uint32(16).uint32(value.slot);
  writeCsiMatrix(to.uint32(26).fork(), value.csi, `${path}.csi`).ldelim();
  return to;
}

const csiPathsFields: WireFields = [
  undefined,
  { name: 'numAntennas1', wireType: 0 },
  { name: 'numAntennas2', wireType: 0 },
  { name: 'numSubcarriers', wireType: 0 },
  { name: 'coefficientsPerPath', wireType: 0 },
  { name: 'spatialFrequency', wireType: 2 },
  { name: 'delaySamples', wireType: 2 },
  { name: 'gain', wireType: 2 },
  { name: 'response', wireType: 2 },
  { name: 'dopplerCyclesPerSlot', wireType: 2 },
  { name: 'spanSlots', wireType: 0 },
];

function readCsiPaths(from: MessageReader): CsiPaths {
  let numAntennas1 = 0;
  let numAntennas2 = 0;
  let numSubcarriers = 0;
  let coefficientsPerPath = 0;
  let spatialFrequency: Uint8Array | undefined;
  let delaySamples: Uint8Array | undefined;
  let gain: Uint8Array | undefined;
  let response: Uint8Array | undefined;
  let dopplerCyclesPerSlot: Uint8Array | undefined;
  let spanSlots = 0;
  for (;;) {
    switch (from.next()) {
      case 1:
        numAntennas1 = from.uint32();
        break;
      case 2:
        numAntennas2 = from.uint32();
        break;
      case 3:
        numSubcarriers = from.uint32();
        break;
      case 4:
        coefficientsPerPath = from.uint32();
        break;
      case 5:
        spatialFrequency = from.bytes();
        break;
      case 6:
        delaySamples = from.bytes();
        break;
      case 7:
        gain = from.bytes();
        break;
      case 8:
        response = from.bytes();
        break;
      case 9:
        dopplerCyclesPerSlot = from.bytes();
        break;
      case 10:
        spanSlots = from.uint32();
        break;
      default:
        return checkCsiPaths({ numAntennas1, numAntennas2, numSubcarriers, coefficientsPerPath, spatialFrequency: spatialFrequency ?? new Uint8Array(0), delaySamples: delaySamples ?? new Uint8Array(0), gain: gain ?? new Uint8Array(0), response: response ?? new Uint8Array(0), dopplerCyclesPerSlot: dopplerCyclesPerSlot ?? new Uint8Array(0), spanSlots }, from.path);
    }
  }
}

function checkCsiPaths(value: Unchecked<CsiPaths>, path: string): CsiPaths {
  given(value, path);
  integer(value.numAntennas1, 1, 1024, path, 'numAntennas1');
  integer(value.numAntennas2, 1, 1024, path, 'numAntennas2');
  integer(value.numSubcarriers, 1, 65536, path, 'numSubcarriers');
  integer(value.coefficientsPerPath, 1, 16, path, 'coefficientsPerPath');
  bytes(value.spatialFrequency, 0, maxFrameBytes.estimates, path, 'spatialFrequency');
  bytes(value.delaySamples, 0, maxFrameBytes.estimates, path, 'delaySamples');
  bytes(value.gain, 0, maxFrameBytes.estimates, path, 'gain');
  bytes(value.response, 0, maxFrameBytes.estimates, path, 'response');
  bytes(value.dopplerCyclesPerSlot, 0, maxFrameBytes.estimates, path, 'dopplerCyclesPerSlot');
  integer(value.spanSlots, 0, 4294967295, path, 'spanSlots');
  pathsFit(value as CsiPaths, path);
  return value as CsiPaths;
}

function writeCsiPaths(to: Writer, value: CsiPaths, path: string): Writer {
  checkCsiPaths(value, path);
  if (value.numAntennas1 !== 0) to.uint32(8).uint32(value.numAntennas1);
  if (value.numAntennas2 !== 0) to.uint32(16).uint32(value.numAntennas2);
  if (value.numSubcarriers !== 0) to.uint32(24).uint32(value.numSubcarriers);
  if (value.coefficientsPerPath !== 0) to.uint32(32).uint32(value.coefficientsPerPath);
  if (value.spatialFrequency.length > 0) to.uint32(42).bytes(value.spatialFrequency);
  if (value.delaySamples.length > 0) to.uint32(50).bytes(value.delaySamples);
  if (value.gain.length > 0) to.uint32(58).bytes(value.gain);
  if (value.response.length > 0) to.uint32(66).bytes(value.response);
  if (value.dopplerCyclesPerSlot.length > 0) to.uint32(74).bytes(value.dopplerCyclesPerSlot);
  if (value.spanSlots !== 0) to.uint32(80).uint32(value.spanSlots);
  return to;
}

const subscribeFields: WireFields = [
  undefined,
  { name: 'form', wireType: 0 },
];

function readSubscribe(from: MessageReader): Subscribe {
  let form: EstimateForm | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        form = from.word(estimateFormWords);
        break;
      default:
        return checkSubscribe({ form }, from.path);
    }
  }
}

function checkSubscribe(value: Unchecked<Subscribe>, path: string): Subscribe {
  given(value, path);
  word(value.form, estimateFormWords, path, 'form');
  return value as Subscribe;
}

function writeSubscribe(to: Writer, value: Subscribe, path: string): Writer {
  checkSubscribe(value, path);
  to.uint32(8).uint32(estimateFormWords.indexOf(value.form) + 1);
  return to;
}

const channelEstimateFields: WireFields = [
  undefined,
  { name: 'ueId', wireType: 2 },
  { name: 'epoch', wireType: 0 },
  { name: 'seq', wireType: 0 },
  { name: 'slot', wireType: 0 },
  { name: 'modelId', wireType: 2 },
  { name: 'csi', wireType: 2 },
  { name: 'quality', wireType: 0 },
  { name: 'ageMs', wireType: 1 },
  { name: 'queueMs', wireType: 1 },
  { name: 'decodeMs', wireType: 1 },
  { name: 'receivedMs', wireType: 1 },
  { name: 'payloadBits', wireType: 0 },
  { name: 'paths', wireType: 2 },
  { name: 'expectedError', wireType: 1 },
];

function readChannelEstimate(from: MessageReader): ChannelEstimate {
  let ueId = '';
  let epoch = 0;
  let seq = 0;
  let slot = 0;
  let modelId = '';
  let csi: CsiMatrix | undefined;
  let quality: EstimateQuality | undefined;
  let ageMs = 0;
  let queueMs = 0;
  let decodeMs = 0;
  let receivedMs = 0;
  let payloadBits = 0;
  let paths: CsiPaths | undefined;
  let expectedError = 0;
  for (;;) {
    switch (from.next()) {
      case 1:
        ueId = from.string();
        break;
      case 2:
        epoch = from.uint32();
        break;
      case 3:
        seq = from.uint32();
        break;
      case 4:
        slot = from.uint32();
        break;
      case 5:
        modelId = from.string();
        break;
      case 6:
        csi = readCsiMatrix(from.message(csiMatrixFields));
        break;
      case 7:
        quality = from.word(estimateQualityWords);
        break;
      case 8:
        ageMs = from.double();
        break;
      case 9:
        queueMs = from.double();
        break;
      case 10:
        decodeMs = from.double();
        break;
      case 11:
        receivedMs = from.double();
        break;
      case 12:
        payloadBits = from.uint32();
        break;
      case 13:
        paths = readCsiPaths(from.message(csiPathsFields));
        break;
      case 14:
        expectedError = from.double();
        break;
      default:
        return checkChannelEstimate({ ueId, epoch, seq, slot, modelId, csi, quality, ageMs, queueMs, decodeMs, receivedMs, payloadBits, paths, expectedError }, from.path);
    }
  }
}

function checkChannelEstimate(value: Unchecked<ChannelEstimate>, path: string): ChannelEstimate {
  given(value, path);
  matching(value.ueId, ueIdForm, path, 'ueId');
  integer(value.epoch, 0, 4294967295, path, 'epoch');
  integer(value.seq, 0, 4294967295, path, 'seq');
  integer(value.slot, 0, 4294967295, path, 'slot');
  matching(value.modelId, modelIdOrNoneForm, path, 'modelId');
  word(value.quality, estimateQualityWords, path, 'quality');
  duration(value.ageMs, path, 'ageMs');
  duration(value.queueMs, path, 'queueMs');
  duration(value.decodeMs, path, 'decodeMs');
  duration(value.receivedMs, path, 'receivedMs');
  integer(value.payloadBits, 0, 4294967295, path, 'payloadBits');
  duration(value.expectedError, path, 'expectedError');
  estimateGiven(value as ChannelEstimate, path);
  return value as ChannelEstimate;
}

function writeChannelEstimate(to: Writer, value: ChannelEstimate, path: string): Writer {
  checkChannelEstimate(value, path);
  if (value.ueId !== '') to.uint32(10).string(value.ueId);
  if (value.epoch !== 0) to.uint32(16).uint32(value.epoch);
  if (value.seq !== 0) to.uint32(24).uint32(value.seq);
  if (value.slot !== 0) to.uint32(32).uint32(value.slot);
  if (value.modelId !== '') to.uint32(42).string(value.modelId);
  if (value.csi !== undefined) writeCsiMatrix(to.uint32(50).fork(), value.csi, `${path}.csi`).ldelim();
  to.uint32(56).uint32(estimateQualityWords.indexOf(value.quality) + 1);
  if (!Object.is(value.ageMs, 0)) to.uint32(65).double(value.ageMs);
  if (!Object.is(value.queueMs, 0)) to.uint32(73).double(value.queueMs);
  if (!Object.is(value.decodeMs, 0)) to.uint32(81).double(value.decodeMs);
  if (!Object.is(value.receivedMs, 0)) to.uint32(89).double(value.receivedMs);
  if (value.payloadBits !== 0) to.uint32(96).uint32(value.payloadBits);
  if (value.paths !== undefined) writeCsiPaths(to.uint32(106).fork(), value.paths, `${path}.paths`).ldelim();
  if (!Object.is(value.expectedError, 0)) to.uint32(113).double(value.expectedError);
  return to;
}

const frameFields: WireFields = [
  undefined,
  { name: 'hello', wireType: 2 },
  { name: 'welcome', wireType: 2 },
  { name: 'report', wireType: 2 },
  { name: 'ack', wireType: 2 },
  { name: 'reconfigure', wireType: 2 },
  { name: 'reject', wireType: 2 },
  { name: 'uplink', wireType: 2 },
  { name: 'estimate', wireType: 2 },
  { name: 'subscribe', wireType: 2 },
  { name: 'hint', wireType: 2 },
];

/** @throws RangeError where the bytes are no frame, naming the field */
export function readFrame(bytes: Uint8Array): Frame {
  const from = new MessageReader(bytes, frameFields);
  let frame: Frame | undefined;
  for (;;) {
    switch (from.next()) {
      case 1:
        frame = only(frame, { kind: 'hello', value: readHello(from.message(helloFields)) });
        break;
      case 2:
        frame = only(frame, { kind: 'welcome', value: readWelcome(from.message(welcomeFields)) });
        break;
      case 3:
        frame = only(frame, { kind: 'report', value: readCsiReport(from.message(csiReportFields)) });
        break;
      case 4:
        frame = only(frame, { kind: 'ack', value: readReportAck(from.message(reportAckFields)) });
        break;
      case 5:
        frame = only(frame, { kind: 'reconfigure', value: readReconfigure(from.message(reconfigureFields)) });
        break;
      case 6:
        frame = only(frame, { kind: 'reject', value: readReject(from.message(rejectFields)) });
        break;
      case 7:
        frame = only(frame, { kind: 'uplink', value: readUplinkCsi(from.message(uplinkCsiFields)) });
        break;
      case 8:
        frame = only(frame, { kind: 'estimate', value: readChannelEstimate(from.message(channelEstimateFields)) });
        break;
      case 9:
        frame = only(frame, { kind: 'subscribe', value: readSubscribe(from.message(subscribeFields)) });
        break;
      case 10:
        frame = only(frame, { kind: 'hint', value: readHint(from.message(hintFields)) });
        break;
      default:
        if (frame === undefined) throw new RangeError(bytes.length === 0 ? 'frame: empty' : 'frame: no known body');
        return frame;
    }
  }
}

function only(earlier: Frame | undefined, frame: Frame): Frame {
  if (earlier !== undefined) throw new RangeError('frame: more than one body');
  return frame;
}

/** @throws RangeError where a value is missing or breaks a rule, naming the field */
export function writeFrame({ kind, value }: Frame): Writer {
  const to = Writer.create();
  switch (kind) {
    case 'hello':
      return writeHello(to.uint32(10).fork(), value, kind).ldelim();
    case 'welcome':
      return writeWelcome(to.uint32(18).fork(), value, kind).ldelim();
    case 'report':
      return writeCsiReport(to.uint32(26).fork(), value, kind).ldelim();
    case 'ack':
      return writeReportAck(to.uint32(34).fork(), value, kind).ldelim();
    case 'reconfigure':
      return writeReconfigure(to.uint32(42).fork(), value, kind).ldelim();
    case 'reject':
      return writeReject(to.uint32(50).fork(), value, kind).ldelim();
    case 'uplink':
      return writeUplinkCsi(to.uint32(58).fork(), value, kind).ldelim();
    case 'estimate':
      return writeChannelEstimate(to.uint32(66).fork(), value, kind).ldelim();
    case 'subscribe':
      return writeSubscribe(to.uint32(74).fork(), value, kind).ldelim();
    case 'hint':
      return writeHint(to.uint32(82).fork(), value, kind).ldelim();
    default:
      throw new RangeError(`frame: no message is called ${kind}`);
  }
}
