import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../scripts/cli/src/options/command.ts';
import { providersOption } from '../../../scripts/cli/src/options/ends.ts';
import { finite, integer, list, listOf } from '../../../scripts/cli/src/options/parse.ts';
import { renderTable } from '../../../scripts/report/src/table.ts';

function parse(...args: string[]) {
  return createProgram('test')
    .exitOverride()
    .option('--n <n>', '', integer(1, 9))
    .option('--least <n>', '', integer(0, 9))
    .option('--x <x>', '', finite(-5, 5))
    .option('--l <l>', '', list)
    .option('--many <n>', '', listOf(integer(1, 9)))
    .option(...providersOption)
    .parse(args, { from: 'user' })
    .opts();
}

describe('option parsers', () => {
  it('take values within their bounds', () => {
    const given = parse('--n', '9', '--x', '-2.5', '--l', ' a, b,,c ', '--many', '1,2', '--provider', 'webgpu,cpu');
    expect(given).toEqual({ n: 9, x: -2.5, l: ['a', 'b', 'c'], many: [1, 2], provider: ['webgpu', 'cpu'] });
    expect(parse().provider).toEqual(['cuda', 'webgpu', 'cpu']);
  });

  it.each([
    ['a fraction', ['--n', '1.5'], "--n is '1.5', give an integer from 1 to 9"],
    ['an integer out of bounds', ['--n', '10'], "--n is '10', give"],
    ['nothing', ['--x', ' '], "--x is ' ', give a number from -5 to 5"],
    ['an empty integer', ['--least', ''], "--least is '', give"],
    ['an empty list', ['--l', ' ,'], "--l is ' ,', give a list"],
    ['a list with a word', ['--many', '1,two'], "--many is '1,two', give an integer from 1 to 9"],
    ['a word', ['--x', 'half'], "--x is 'half', give"],
    ['an unknown provider', ['--provider', 'tpu'], "--provider is 'tpu', give one of cuda, webgpu, cpu"],
    ['no provider', ['--provider', ''], "--provider is '', give"],
  ])('refuse %s and say what would do', (_, args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});

it('aligns the first column left and the others right', () => {
  const rows = [
    ['x', '1'],
    ['long', '10'],
  ];
  expect(renderTable(['m', 'bits'], rows)).toBe(['m     bits', '----  ----', 'x        1', 'long    10'].join('\n'));
});
