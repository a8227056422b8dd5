import { ink } from './colours.ts';

const font = 'font-family="Helvetica, Arial, sans-serif"';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML or SVG, between tags or in a quoted attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** Where a text stands, in pixels, and how it looks. */
interface TextStyle {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly fill?: string;
  readonly weight?: 'bold';
  readonly anchor?: 'middle' | 'end';
}

/** One line of text in an SVG document. */
export function text(content: string, { x, y, size, fill = ink.light, weight, anchor }: TextStyle): string {
  const attributes = [
    `x="${x}" y="${y}" font-size="${size}" ${font} fill="${fill}"`,
    ...(weight === undefined ? [] : [`font-weight="${weight}"`]),
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
  ];
  return `<text ${attributes.join(' ')}>${escapeMarkup(content)}</text>`;
}
