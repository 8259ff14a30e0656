/** What the examples' READMEs tell to type can be typed, and what they show is what comes. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../../src/program.ts';
import { isWindows } from '../platform.ts';
import { Folder, ROOT } from '../scenarios/cli.ts';
import { hasConfiguration, mdaccCommands, readmes, readText, type Step, transcript } from './markdown.ts';

/** Says what is wrong with the words after `mdacc`; undefined when they can be typed. */
function wrongWith(given: readonly string[]): string | undefined {
  let command: Command = program();
  const words = [...given];
  for (let found = subcommand(command, words[0]); found !== undefined; found = subcommand(command, words[0])) {
    command = found;
    words.shift();
  }
  if (command.commands.length > 0) return `no command ${words[0] ?? ''} of ${command.name()}`;
  let args = 0;
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (!word.startsWith('-')) {
      args += 1;
      continue;
    }
    const option = command.options.find(({ long, short }) => word === long || word === short);
    if (option === undefined) return `${command.name()} has no option ${word}`;
    if (
      option.optional &&
      command.registeredArguments.length > 0 &&
      words[0] !== undefined &&
      !words[0].startsWith('-')
    )
      return `${word} takes ${words[0]} for its value`;
    if (option.required) {
      const value = words.shift();
      if (value === undefined || option.argChoices?.includes(value) === false) return `${word} does not take ${value}`;
    }
  }
  const { registeredArguments } = command;
  const most = registeredArguments.some(({ variadic }) => variadic)
    ? Number.POSITIVE_INFINITY
    : registeredArguments.length;
  const least = registeredArguments.filter(({ required }) => required).length;
  return args < least || args > most ? `${command.name()} does not take ${args} arguments` : undefined;
}

function subcommand(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((each) => each.name() === name);
}

/** Runs a line as a shell would, with `mdacc` on the PATH. */
function shell(folder: Folder, command: string): Promise<{ stdout: string; stderr: string }> {
  const env = { PATH: `${folder.file('.bin')}:${process.env.PATH ?? ''}`, HOME: folder.path };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { cwd: folder.path, env }, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
}

function installMdacc(folder: Folder): void {
  mkdirSync(folder.file('.bin'));
  folder.write('.bin/mdacc', `#!/bin/sh\nexec "${process.execPath}" "${path.join(ROOT, 'dist/main.cjs')}" "$@"\n`);
  chmodSync(folder.file('.bin/mdacc'), 0o755);
}

/** What differs from run to run: the day, and how long something took. */
function settled(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?/g, 'DATE')
    .replace(/\d+ ms/g, 'N ms')
    .trimEnd();
}

/** The shown lines that do not come on stdout, in this order, with nothing left out but where `…` stands. */
function missing({ shown }: Step, output: string): string[] {
  const lines = output.trimEnd().split('\n').map(settled);
  let at = 0;
  let maySkip = false;
  const lost: string[] = [];
  for (const line of shown) {
    if (line === '…') {
      maySkip = true;
      continue;
    }
    const next = maySkip ? lines.indexOf(settled(line), at) : lines[at] === settled(line) ? at : -1;
    if (next < 0) lost.push(line);
    else at = next + 1;
    maySkip = false;
  }
  if (!maySkip && shown.length > 0 && at < lines.length) lost.push(`nothing after: ${lines.slice(at).join('\n')}`);
  return lost;
}

describe('a command that cannot be typed is noticed', () => {
  it.each([
    ['aply', 'no command aply of mdacc'],
    ['sandbox', 'no command  of sandbox'],
    ['plan --prun', 'plan has no option --prun'],
    ['plan --format yaml', '--format does not take yaml'],
    ['rotate', 'rotate does not take 0 arguments'],
    ['rotate --sandbox etl_prod/airflow', '--sandbox takes etl_prod/airflow for its value'],
    ['apply --sandbox today.plan', '--sandbox takes today.plan for its value'],
    ['plan one', 'plan does not take 1 arguments'],
  ])('%s', (line, message) => {
    expect(wrongWith(line.split(' '))).toBe(message);
  });
});

describe.each(readmes())('%s', (readme) => {
  const text = readText(readme);

  it('shows commands that can be typed', () => {
    const wrong = mdaccCommands(text).map((words) => ({ typed: words.join(' '), wrong: wrongWith(words) }));
    expect(wrong.filter((each) => each.wrong !== undefined)).toEqual([]);
  });

  it('leads to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, target]) => target ?? '');
    const folder = path.join(ROOT, path.dirname(readme));
    expect(links.filter((link) => !existsSync(path.join(folder, link)))).toEqual([]);
  });

  // What a pipeline runs is tested with the pipelines.
  it.runIf(!isWindows && hasConfiguration(readme) && !/github-actions|gitlab-ci/.test(readme))(
    'shows what the commands print',
    { timeout: 120_000 },
    async () => {
      const folder = Folder.copyOf(path.dirname(readme));
      installMdacc(folder);
      const steps = transcript(text);
      expect(steps.length).toBeGreaterThan(3);
      for (const step of steps) {
        const { stdout, stderr } = await shell(folder, step.command);
        expect(missing(step, stdout), `$ ${step.command}\n${stdout.slice(-2000)}${stderr.slice(-500)}`).toEqual([]);
      }
    },
  );
});
