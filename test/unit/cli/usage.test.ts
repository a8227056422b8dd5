import { describe, expect, it } from 'vitest';
import { providers } from '../../../scripts/cli/src/provider.ts';
import { finite, integer, list } from '../../../scripts/cli/src/usage.ts';
import { renderTable } from '../../../scripts/report/src/table.ts';

describe('option parsers', () => {
  it('take values within their bounds', () => {
    expect(integer('--n', 1, 9)('9')).toBe(9);
    expect(finite('--x', -5, 5)('-2.5')).toBe(-2.5);
    expect(list('--l')(' a, b,,c ')).toEqual(['a', 'b', 'c']);
    expect(providers('webgpu,cpu')).toEqual(['webgpu', 'cpu']);
  });

  it.each([
    ['a fraction', () => integer('--n', 1, 9)('1.5'), /--n is '1.5', give an integer from 1 to 9/],
    ['an integer out of bounds', () => integer('--n', 1, 9)('10'), /--n is '10'/],
    ['nothing', () => finite('--x', 0, 1)(' '), /--x is ' ', give a number from 0 to 1/],
    ['an empty integer', () => integer('--n', 0, 9)(''), /--n is ''/],
    ['an empty list', () => list('--l')(' ,'), /--l is ' ,', give a list/],
    ['a word', () => finite('--x', 0, 1)('half'), /--x is 'half'/],
    ['an unknown provider', () => providers('tpu'), /--provider names 'tpu', give some of cuda, webgpu, cpu/],
    ['no provider', () => providers(''), /--provider is ''/],
  ])('refuse %s and say what would do', (_, parse, message) => {
    expect(parse).toThrowError(message);
  });
});

it('aligns the first column left and the others right', () => {
  const rows = [
    ['x', '1'],
    ['long', '10'],
  ];
  expect(renderTable(['m', 'bits'], rows)).toBe(['m     bits', '----  ----', 'x        1', 'long    10'].join('\n'));
});
