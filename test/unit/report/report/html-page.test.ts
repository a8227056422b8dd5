import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderHtmlPage } from '../../../../scripts/report/src/html-page.ts';
import { hostile, page } from './page-fixture.ts';

type Element = DefaultTreeAdapterTypes.Element;

function elementsOf(node: DefaultTreeAdapterTypes.ParentNode): Element[] {
  return node.childNodes.flatMap((child) => ('tagName' in child ? [child, ...elementsOf(child)] : []));
}

function textOf(node: DefaultTreeAdapterTypes.ChildNode): string {
  if (node.nodeName === '#text') return (node as DefaultTreeAdapterTypes.TextNode).value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

describe('a page of hostile names', () => {
  let html: string;
  let elements: Element[];
  const mistakes: string[] = [];
  const named = (tagName: string) => elements.filter((element) => element.tagName === tagName);

  beforeAll(async () => {
    html = await renderHtmlPage(page);
    elements = elementsOf(parse(html, { onParseError: ({ code }) => mistakes.push(code) }));
  });

  it('is valid HTML', () => {
    expect(mistakes).toEqual([]);
    const ids = elements.flatMap(({ attrs }) => attrs.filter(({ name }) => name === 'id').map(({ value }) => value));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('runs nothing and fetches nothing', () => {
    expect(named('script')).toEqual([]);
    const fetching = ['src', 'srcset', 'href', 'xlink:href', 'data', 'action', 'poster', 'background'];
    const urls = elements.flatMap(({ attrs }) =>
      attrs.filter(({ name }) => fetching.includes(name) || name.startsWith('on')).map(({ value }) => value),
    );
    expect(urls).toEqual(['#section-1', '#section-2']);
    expect(html).not.toMatch(/url\(|@import/);
    const policy = named('meta').find(({ attrs }) => attrs.some(({ value }) => value === 'Content-Security-Policy'));
    expect(policy?.attrs.find(({ name }) => name === 'content')?.value).toMatch(/^default-src 'none'/);
  });

  it('shows them as they are, in every place', () => {
    for (const tag of ['title', 'h1', 'h2', 'figcaption', 'code', 'th', 'td', 'dd']) {
      expect(named(tag).map(textOf).join('\n'), tag).toContain(hostile);
    }
    expect(named('text').filter((text) => textOf(text).includes(hostile)).length).toBeGreaterThanOrEqual(6);
  });

  it('has a table of numbers under every figure', () => {
    const figures = named('figure');
    expect(figures).toHaveLength(2);
    for (const figure of figures) {
      const tags = elementsOf(figure).map(({ tagName }) => tagName);
      expect(tags).toEqual(expect.arrayContaining(['svg', 'figcaption', 'details', 'table']));
    }
  });

  it('lines up numbers at the right and words at the left', () => {
    const cells = named('td').slice(0, 2);
    expect(cells.map(textOf)).toEqual(['some', '-1.5 dB']);
    expect(cells.map(({ attrs }) => attrs.map(({ value }) => value))).toEqual([['words'], []]);
  });

  it('says how it was measured', () => {
    const facts = named('dl').map(textOf).join();
    for (const fact of ['2026-01-02 03:04 UTC', '2 cores', 'load average before1.3', 'seed7']) {
      expect(facts).toContain(fact);
    }
    expect(named('pre').map(textOf)).toEqual([page.provenance.command]);
  });

  it('has a dark theme for the screen and sheds what paper cannot unfold', () => {
    expect(html).toContain('@media screen and (prefers-color-scheme:dark)');
    expect(html).toMatch(/@media print\{.*details:not\(\[open\]\)/s);
  });
});
