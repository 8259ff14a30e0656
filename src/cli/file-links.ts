/** Links to files in the output of a terminal that opens them (OSC 8): a click on the name of the configuration opens it. */
import { hostname } from 'node:os';
import { pathToFileURL } from 'node:url';
import { isCi } from '../model/ci.ts';
import { literally } from '../model/wording.ts';

/** Variables that a terminal sets which knows links. https://github.com/Alhadis/OSC8-Adoption */
const SET_BY_TERMINALS = ['WT_SESSION', 'KITTY_WINDOW_ID', 'KONSOLE_VERSION', 'DOMTERM', 'ALACRITTY_WINDOW_ID'];
const PROGRAMS = ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'zed', 'rio', 'Tabby'];
const TERMS = ['xterm-kitty', 'xterm-ghostty', 'alacritty', 'foot', 'contour', 'wezterm'];
/** VTE, of GNOME's terminal and others: 0.50.1. The version before crashed on a link. */
const VTE = 5001;

/** Whether links can be written: never to a file or a pipe, and not in CI. FORCE_HYPERLINK=0 switches them off, 1 on. */
export function hasLinks(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  const { FORCE_HYPERLINK: forced = '', TERM = '', TERM_PROGRAM = '', VTE_VERSION = '' } = env;
  if (!stream.isTTY || forced === '0' || forced === 'false') return false;
  if (forced !== '') return true;
  // A multiplexer sets TERM, and passes other variables on from a terminal that may be another by now.
  if (isCi(env) || /^(dumb|screen|tmux|linux)/.test(TERM)) return false;
  return (
    TERMS.includes(TERM) ||
    PROGRAMS.includes(TERM_PROGRAM) ||
    Number(VTE_VERSION) >= VTE ||
    SET_BY_TERMINALS.some((name) => Boolean(env[name]))
  );
}

/** The text with a link at each whole word that is the name of one of these files. */
export function withLinks(text: string, files: Iterable<string>): string {
  const names = [...files].filter((file) => text.includes(file)).sort((a, b) => b.length - a.length);
  if (names.length === 0) return text;
  const name = names.map(literally).join('|');
  return text.replace(new RegExp(String.raw`(?<![\w./\\-])(?:${name})(?![\w/\\-]|\.\w)`, 'g'), linkTo);
}

function linkTo(file: string): string {
  const address = pathToFileURL(file);
  // So that a terminal on another machine does not open a file of its own.
  const url = process.platform === 'win32' ? address.href : address.href.replace('file://', `file://${hostname()}`);
  return `\x1b]8;;${url}\x1b\\${file}\x1b]8;;\x1b\\`;
}
