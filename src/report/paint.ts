import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Colours for a terminal; `plain` gives the text as it is. Only the eight basic colours: they suit light and dark. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

function paintWith(apply: (format: Format, text: string) => string): Paint {
  return {
    bold: (text) => apply('bold', text),
    dim: (text) => apply('dim', text),
    green: (text) => apply('green', text),
    yellow: (text) => apply('yellow', text),
    red: (text) => apply('red', text),
    cyan: (text) => apply('cyan', text),
  };
}

export const plain: Paint = paintWith((_format, text) => text);
export const coloured: Paint = paintWith((format, text) => styleText(format, text));
