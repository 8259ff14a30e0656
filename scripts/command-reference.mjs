// The command reference, from the data of --help.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { modulesOutside, namesOfFormats } from './bundle-plugins.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { program, ENVIRONMENT } = await load();
const mdacc = program();
const helper = mdacc.createHelp();

/** Every command with its options, and the variables, as Markdown. */
export function commandReference() {
  const commands = leaves(mdacc);
  const options = commands.map(
    (command) => `**\`${usage(command)}\`**: ${helper.commandDescription(command)}.${also(command)}\n\n${own(command)}`,
  );
  return [
    table(
      ['command', 'does'],
      commands.map((each) => [code(usage(each)), helper.commandDescription(each)]),
    ),
    `<details>\n<summary>The options of each command, and those that several have</summary>\n\nOptions may stand before or after the command.`,
    ...options.map((text) => text.trimEnd()),
    ...shared(commands).map(([heading, list]) => `**${heading}**\n\n${list}`),
    '</details>',
    'From the environment:',
    table(
      ['variable', 'means'],
      ENVIRONMENT.map(([names, meaning]) => [names.split(', ').map(code).join(', '), meaning]),
    ),
  ].join('\n\n');
}

function leaves(command) {
  const below = helper.visibleCommands(command).filter((each) => each.name() !== 'help');
  return below.length === 0 ? [command] : below.flatMap(leaves);
}

/** `mdacc state show <account[/token]>`. */
function usage(command) {
  const names = [];
  for (let each = command; each !== null; each = each.parent) names.unshift(each.name());
  const args = command.usage().replace(/^\[options\] ?/, '');
  return [...names, ...(args === '' ? [] : [args])].join(' ');
}

/** Options of several commands have a heading. */
function optionsOf(command) {
  return helper.visibleOptions(command).filter(({ long }) => long !== '--help');
}

function own(command) {
  const args = helper
    .visibleArguments(command)
    .map((each) => [helper.argumentTerm(each), helper.argumentDescription(each)]);
  const options = optionsOf(command).filter(({ helpGroupHeading }) => helpGroupHeading === undefined);
  return list([...args, ...options.map(termed)]);
}

function also(command) {
  const headings = new Set(optionsOf(command).flatMap(({ helpGroupHeading: heading }) => (heading ? [heading] : [])));
  return headings.size === 0
    ? ''
    : ` Also the options under ${[...headings].map((each) => `_${named(each)}_`).join('; ')}.`;
}

function shared(commands) {
  const groups = new Map();
  for (const option of commands.flatMap(optionsOf)) {
    if (option.helpGroupHeading === undefined) continue;
    const group = groups.get(option.helpGroupHeading) ?? new Map();
    groups.set(option.helpGroupHeading, group.set(...termed(option)));
  }
  return [...groups].map(([heading, options]) => [named(heading), list([...options])]);
}

function termed(option) {
  return [helper.optionTerm(option), helper.optionDescription(option)];
}

function named(heading) {
  return heading.replace(/:$/, '');
}

function list(terms) {
  return terms.map(([term, description]) => `- ${code(term)}: ${description}`).join('\n');
}

function code(text) {
  return `\`${text}\``;
}

function table(heads, rows) {
  const cells = [heads, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = cells.map(line);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}

/** The command line as the program has it, without the modules that a command imports when it is called. */
async function load() {
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-reference-'));
  const outfile = path.join(folder, 'program.cjs');
  try {
    const contents = "export { program } from './src/program.ts'; export { ENVIRONMENT } from './src/cli/help.ts';";
    const stdin = { contents, resolveDir: root };
    await build({ stdin, outfile, bundle: true, platform: 'node', plugins: [modulesOutside, namesOfFormats] });
    return createRequire(import.meta.url)(outfile);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
