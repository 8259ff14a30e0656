// A picture (SVG) of what a command prints to a terminal with colours.
import wrapAnsi from 'wrap-ansi';

const COLUMNS = 100;
const LINE = 19;
const CHARACTER = 8.43;
const MARGIN = 18;
const COLOURS = {
  light: {
    back: '#ffffff',
    line: '#d0d7de',
    text: '#1f2328',
    dim: '#59636e',
    31: '#c1121f',
    32: '#116329',
    33: '#8a4b00',
    34: '#0550ae',
    35: '#6639ba',
    36: '#0a6a77',
  },
  dark: {
    back: '#0d1117',
    line: '#30363d',
    text: '#e6edf3',
    dim: '#9198a1',
    31: '#ff7b72',
    32: '#56d364',
    33: '#e3b341',
    34: '#79c0ff',
    35: '#d2a8ff',
    36: '#56d4dd',
  },
};

/**
 * @param command What was typed.
 * @param output What it printed, with escape sequences of colours.
 * @param scheme `light` or `dark`.
 */
export function terminalPicture(command, output, scheme) {
  const colours = COLOURS[scheme];
  const lines = [`\x1b[2m$\x1b[22m \x1b[1m${command}\x1b[22m`, '', ...output.trimEnd().split('\n').flatMap(wrapped)];
  const width = Math.ceil(Math.max(...lines.map((line) => plain(line).length)) * CHARACTER + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const rows = lines.map((line, index) => {
    const y = MARGIN + 14 + index * LINE;
    const length = plain(line).trimEnd().length;
    // The same width whatever font the reader has.
    return length === 0
      ? ''
      : `<text x="${MARGIN}" y="${y}" textLength="${(length * CHARACTER).toFixed(1)}">${spans(line.trimEnd(), colours)}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(command)}">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:${colours.text}}</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${colours.back}" stroke="${colours.line}"/>
${rows.join('')}</svg>
`;
}

/** The lines of a long one; those after the first are indented further. */
function wrapped(line) {
  const [, sequences, indent, text] = LEADING.exec(line);
  const [first, ...rest] = wrapAnsi(sequences + text, COLUMNS - indent.length - 4).split('\n');
  return [indent + first, ...rest.map((each) => `${indent}    ${each}`)];
}

function plain(line) {
  return line.replace(SEQUENCE, '');
}

const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(`${ESCAPE}\\[([\\d;]*)m`, 'g');
const LEADING = new RegExp(`^((?:${ESCAPE}\\[[\\d;]*m)*)( *)(.*)$`);

function spans(line, colours) {
  let style = {};
  let at = 0;
  let text = '';
  const add = (part) => {
    if (part === '') return;
    const fill = style.colour ?? (style.isDim ? colours.dim : undefined);
    const attributes = `${fill === undefined ? '' : ` fill="${fill}"`}${style.isBold ? ' font-weight="bold"' : ''}`;
    text += `<tspan${attributes}>${escaped(part)}</tspan>`;
  };
  for (const match of line.matchAll(SEQUENCE)) {
    add(line.slice(at, match.index));
    at = match.index + match[0].length;
    for (const code of match[1].split(';').map(Number)) style = after(style, code, colours);
  }
  add(line.slice(at));
  return text;
}

function after(style, code, colours) {
  if (code === 0) return {};
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isDim: true };
  if (code === 22) return { ...style, isBold: false, isDim: false };
  if (code === 39) return { ...style, colour: undefined };
  return colours[code] === undefined ? style : { ...style, colour: colours[code] };
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
