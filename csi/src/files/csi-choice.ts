import { CsiError } from '../errors.ts';
import type { Band } from '../transform/path-list.ts';
import type { CsiLayout } from './csi-layout.ts';
import { joinNamed } from './part-pairs.ts';
import { describeVariables, type Variable } from './variable.ts';

/** Which variable holds a direction, where names and shapes do not tell; `re,im` names two that hold its parts apart. */
export interface ChoiceOptions {
  readonly downlinkVariable?: string;
  readonly uplinkVariable?: string;
}

/** The arrays that come into question. */
export type Candidates = Pick<CsiLayout, 'expected' | 'fits'>;

/** Names of the downlink in files of this project, of DualNet (raw; normalised) and of CsiNet. */
const DOWNLINK_NAMES = /^(downlink|Hur_down|HD_\w+|HT)$/;
const UPLINK_NAMES = /^(uplink|Hur_up|HU_\w+)$/;

/** What fixes a wrong choice, in code and on the command line. */
const DOWNLINK_OPTION = 'downlinkVariable (--variable)';
const UPLINK_OPTION = 'uplinkVariable (--uplink-variable)';

/**
 * Chooses the variable with the downlink: the one asked for, else the only one with a name that data sets use, else
 * the only one of a shape that fits.
 *
 * @throws CsiError `file-format`, listing what there is, where it cannot be told.
 */
export function chooseDownlink(
  path: string,
  variables: readonly Variable[],
  { downlinkVariable }: ChoiceOptions,
  layout: Candidates,
): Variable {
  if (downlinkVariable !== undefined) return byName(path, variables, downlinkVariable, DOWNLINK_OPTION);
  const chosen = only(path, variables, 'downlink', layout);
  if (chosen !== undefined) return chosen;
  throw unclear(path, variables, 'downlink', layout);
}

/**
 * Chooses the uplink in the file of the downlink: the one asked for, else the partner of the downlink's name.
 *
 * @returns `undefined` where the file has none
 */
export function choosePartner(
  path: string,
  variables: readonly Variable[],
  { uplinkVariable }: ChoiceOptions,
  downlink: Variable,
): Variable | undefined {
  if (uplinkVariable !== undefined) return byName(path, variables, uplinkVariable, UPLINK_OPTION);
  const partner = partnerOf(downlink.name);
  return partner === undefined ? undefined : variables.find(({ name }) => name === partner);
}

/** The name of a variable without the groups it is in. */
function lastPart(name: string): string {
  return name.split('/').at(-1) as string;
}

/** Chooses the uplink in a file of its own. @throws CsiError `file-format` where it cannot be told. */
export function chooseUplink(
  path: string,
  variables: readonly Variable[],
  { uplinkVariable }: ChoiceOptions,
  layout: CsiLayout,
  downlinkName: string | undefined,
): Variable {
  if (uplinkVariable !== undefined) return byName(path, variables, uplinkVariable, UPLINK_OPTION);
  const partner = downlinkName === undefined ? undefined : partnerOf(downlinkName);
  const chosen = variables.find(({ name }) => name === partner) ?? only(path, variables, 'uplink', layout);
  if (chosen !== undefined) return chosen;
  throw unclear(path, variables, 'uplink', layout);
}

/** `HU_train` for `HD_train`, and so on. */
function partnerOf(nameInGroups: string): string | undefined {
  const downlinkName = lastPart(nameInGroups);
  const groups = nameInGroups.slice(0, nameInGroups.length - downlinkName.length);
  const partner = uplinkNameOf(downlinkName);
  return partner === undefined ? undefined : groups + partner;
}

/** How names say downlink, and how those of the uplink beside it say so. */
const directions: readonly (readonly [down: RegExp, up: string])[] = [
  [/^HD_/, 'HU_'],
  [/downlink/g, 'uplink'],
  [/Downlink/g, 'Uplink'],
  [/down(?=[_,]|$)/g, 'up'],
  [/(?<=^|[_,])dl(?=[_,]|$)/g, 'ul'],
  [/DL(?=[_,]|$)/g, 'UL'],
];

function uplinkNameOf(downlinkName: string): string | undefined {
  const names = directions.map(([down, up]) => downlinkName.replace(down, up));
  return names.find((name) => name !== downlinkName);
}

function only(
  path: string,
  variables: readonly Variable[],
  direction: Band['direction'],
  layout: Candidates,
): Variable | undefined {
  const names = direction === 'downlink' ? DOWNLINK_NAMES : UPLINK_NAMES;
  const named = variables.filter(({ name }) => names.test(lastPart(name)));
  if (named.length > 1) throw unclear(path, named, direction, layout);
  const [first = undefined] = named;
  // A file with one variable leaves no choice; whether it fits is said when it is read.
  if (first !== undefined || variables.length === 1) return first ?? variables[0];
  const fitting = variables.filter((variable) => layout.fits(variable));
  if (fitting.length === 1) return fitting[0];
  // Of a pair, the one whose name says so.
  const paired = fitting.filter(({ name }) => fitting.some((other) => other.name === partnerOf(name)));
  const [pair, ...others] = paired;
  if (pair === undefined || others.length > 0 || fitting.length > 2) return undefined;
  return direction === 'downlink' ? pair : fitting.find(({ name }) => name === partnerOf(pair.name));
}

function byName(path: string, variables: readonly Variable[], name: string, option: string): Variable {
  const named = (wanted: string) => variables.find((candidate) => candidate.name === wanted);
  const variable = named(name);
  if (variable !== undefined) return variable;
  const [real, imaginary, ...more] = name.split(',').map(named);
  if (real !== undefined && imaginary !== undefined && more.length === 0) return joinNamed(path, real, imaginary);
  throw new CsiError('file-format', `${path}: ${option} is '${name}', found ${describeVariables(variables)}`);
}

function unclear(
  path: string,
  variables: readonly Variable[],
  direction: Band['direction'],
  layout: Candidates,
): CsiError {
  const option = direction === 'downlink' ? DOWNLINK_OPTION : UPLINK_OPTION;
  return new CsiError(
    'file-format',
    `${path}: which variable is the ${direction}? Found ${describeVariables(variables)}; expected one of ` +
      `${layout.expected}; name it with ${option}`,
  );
}
