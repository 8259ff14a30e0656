// Writes the references in docs/: of the commands from the data of --help, of the configuration from its JSON Schema. With
// --check, it only checks that the pages are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandReference } from './command-reference.mjs';
import { configurationReference } from './configuration-reference.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const REFERENCES = [
  { page: 'docs/commands.md', what: 'command reference', written: commandReference() },
  { page: 'docs/configuration.md', what: 'configuration reference', written: configurationReference() },
];

for (const { page, what, written } of REFERENCES) {
  const file = path.join(root, page);
  const before = readFileSync(file, 'utf8');
  const after = withReference(before, { page, what, written });
  if (!process.argv.includes('--check')) writeFileSync(file, after);
  else if (after !== before) {
    process.stderr.write(`The ${what} in ${page} is out of date. Update it: npm run reference\n`);
    process.exitCode = 1;
  }
}

function withReference(text, { page, what, written }) {
  const BEGIN = `<!-- The ${what}, written by: npm run reference -->`;
  const END = `<!-- The end of the ${what} -->`;
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page} has no place for the ${what}: ${BEGIN} … ${END}`);
  return `${text.slice(0, begin)}${BEGIN}\n\n${written}\n\n${text.slice(end)}`;
}
