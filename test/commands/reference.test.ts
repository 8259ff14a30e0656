/** The documents and the program say the same: the command reference, and every command, option and variable that is named. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { program } from '../../src/program.ts';
import { pages } from '../docs/pages.ts';
import { readmes, readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';
import { commands, helpOf, pathOf } from './command-line.ts';

it('the references in docs/ are what --help and the JSON Schema say', async () => {
  const run = promisify(execFile);
  await run(process.execPath, ['scripts/reference.mjs', '--check'], { cwd: ROOT });
});

const all = commands();
const optionsOf = new Map(all.map((command) => [pathOf(command), command.options.flatMap(({ long }) => long ?? [])]));
const OF_EVERY = ['--help', '--version'];
const known = new Set([...OF_EVERY, ...[...optionsOf.values()].flat()]);
/** Options of the programs that secret stores start, and of docker. */
const OF_OTHERS = /^--(build-arg|data-file|env|file|group|interactive|org|output|protected|repo|silent|tty)$/;

/** What a text names and the program has not: commands after `mdacc`, their options, and options that stand alone. */
function unknownIn(text: string): string[] {
  const spans = [...text.matchAll(/^```\w+\n(.*?)^```$/gms), ...text.matchAll(/`([^`\n]+)`/g)].map(
    ([, span = '']) => span,
  );
  const typed = spans.flatMap((span) => [...span.matchAll(/\bmdacc +([^|&;#)\n]+)/g)].map(([, words = '']) => words));
  const alone = spans.filter((span) => span.startsWith('--')).flatMap((span) => span.match(/--[a-z-]+/g) ?? []);
  return [...typed.flatMap(unknownTyped), ...alone.filter((option) => !known.has(option) && !OF_OTHERS.test(option))];
}

function unknownTyped(line: string): string[] {
  const words = line.trim().split(/[.,:]*\s+/);
  const names = [2, 1].map((count) => words.slice(0, count).join(' '));
  const name = names.find((each) => optionsOf.has(each)) ?? '';
  if (name === '' && /^[a-z]/.test(words[0] ?? '')) return [`mdacc ${words[0]}`];
  const options = words.flatMap((word) => /^--[a-z-]+/.exec(word)?.[0] ?? []);
  const has = name === '' ? known : new Set([...OF_EVERY, ...(optionsOf.get(name) ?? [])]);
  return options.filter((option) => !has.has(option)).map((option) => `mdacc ${name} ${option}`);
}

describe('what is named and does not exist is noticed', () => {
  it.each([
    ['`mdacc aply`', ['mdacc aply']],
    ['`mdacc plan --prun`', ['mdacc plan --prun']],
    ['`mdacc state show --only x`', ['mdacc state show --only']],
    ['see `--prun`', ['--prun']],
    ['```sh\nmdacc plan --out x && mdacc apply x --yess\n```\n', ['mdacc apply --yess']],
    ['`mdacc COMMAND --help`, `mdacc` and `--prune`', []],
  ])('%j', (text, unknown) => {
    expect(unknownIn(text)).toEqual(unknown);
  });
});

it.each(['CHANGELOG.md', ...pages(), ...readmes()])('%s names only commands and options that exist', (file) => {
  expect(unknownIn(readText(file))).toEqual([]);
});

/** What the machine, its shell or the job's runner sets for every program, and what every program of Node knows. */
const OF_THE_MACHINE = [
  'NODE_DISABLE_COMPILE_CACHE',
  'NODE_OPTIONS',
  'NODE_V8_COVERAGE',
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TERM_PROGRAM',
  'VTE_VERSION',
  'GITHUB_OUTPUT',
  'GITHUB_STEP_SUMMARY',
  'GITHUB_SERVER_URL',
  'GITHUB_REPOSITORY',
  'GITHUB_RUN_ID',
  'GITHUB_BASE_REF',
  'GITHUB_EVENT_NAME',
  'GITHUB_SHA',
  'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
  'CI_MERGE_REQUEST_TARGET_BRANCH_SHA',
  'CI_MERGE_REQUEST_DIFF_BASE_SHA',
  'CI_JOB_URL',
  'BUILD_URL',
  'TF_BUILD',
  'TEAMCITY_VERSION',
];

describe('the environment variables that are read', () => {
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const text = sources.map((file) => readFileSync(path.join(ROOT, 'src', file), 'utf8')).join('\n');
  const members = [...text.matchAll(/\benv\??\.([A-Za-z_]\w*)/g)].map(([, name = '']) => name);
  const taken = [...text.matchAll(/\{([^{}]*)\}(?:: NodeJS\.ProcessEnv| = (?:\w+\.)?env\b)/g)].flatMap(
    ([, names = '']) => names.split(',').map((each) => each.trim().split(/[ =:]/)[0] ?? ''),
  );
  const listed = [...text.matchAll(/'(MOTHERDUCK_\w*TOKEN|motherduck_token|MDACC_\w+)'/g)].map(([, name = '']) => name);
  const names = [...new Set([...members, ...taken, ...listed])].filter((name) => /^[A-Z]\w+$|_/.test(name));

  it('are found', () => {
    expect(names).toEqual(
      expect.arrayContaining(['MOTHERDUCK_ADMIN_TOKEN', 'MDACC_SANDBOX', 'NO_COLOR', 'CI', 'LANG']),
    );
  });

  it('are in the help and in docs/commands.md', () => {
    const help = helpOf(program());
    const reference = readText('docs/commands.md');
    const missing = names.filter((name) => !OF_THE_MACHINE.includes(name));
    expect(missing.filter((name) => !help.includes(name) || !reference.includes(name))).toEqual([]);
  });
});
