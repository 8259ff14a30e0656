/** The page around every report in HTML: one file without network access, for phones, desktops and printers. */
import { createHash } from 'node:crypto';
import { showTime } from '../../model/time.ts';
import { VERSION } from '../../version.ts';
import { visibleAscii } from '../escape.ts';
import { EMPTY_MARKUP, html, Markup } from './markup.ts';
import { STYLE } from './style.ts';

/** The parts of a page. */
interface Page {
  /** For the tab: `Plan for acme`. */
  readonly title: string;
  /** The heading. */
  readonly summary: string;
  readonly organization: string;
  readonly sandbox: boolean;
  /** Where the state is, unless it is where everybody expects it. */
  readonly state: string | undefined;
  /** ISO 8601. */
  readonly at: string;
  /** Further facts under the summary, a few words each. */
  readonly facts: readonly Markup[];
  readonly sections: readonly Markup[];
  /** A program that makes the page easier to use, and that it is complete without. Never made of data. */
  readonly script?: string;
}

// Even if a name became markup by mistake, it could not run, load or send anything: only the script of this hash runs.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Writes the whole file. */
export function page({ title, summary, organization, sandbox, state, at, facts, sections, script }: Page): string {
  const shownState =
    state === undefined ? EMPTY_MARKUP : html` <span>State: <code>${visibleAscii(state)}</code></span>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}${script === undefined ? '' : `; script-src '${hashOf(script)}'`}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${short(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${summary}</h1>
<p class="about"><b>${organization}</b> <span>${showTime(Date.parse(at))}</span>${shownState}${facts.map((fact) => html` <span>${fact}</span>`)}</p>
${sandbox ? SANDBOX : EMPTY_MARKUP}
</header>
<main>
${sections.map((section) => html`${section}\n`)}</main>
<footer>motherduck-accounts ${VERSION}</footer>${script === undefined ? EMPTY_MARKUP : new Markup(`\n<script>${script}</script>`)}
</body>
</html>
`.text;
}

function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`;
}

/** The sandbox never passes for MotherDuck. */
const SANDBOX = html`<p class="sandbox"><b>Sandbox.</b> This is the embedded organization on one machine; nothing here reaches MotherDuck.</p>`;

/** As long as tabs and bookmarks show it. */
function short(title: string): string {
  return title.length <= 70 ? title : `${title.slice(0, 69)}…`;
}
