/** Somebody who types what a page shows, from its first command to its last, and compares what comes with what is shown. */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { standInForMdacc } from '../ci/command-server.ts';
import { mdaccIn, missing, namedCommands, readText, type Step, stepsOf } from '../examples/markdown.ts';
import { type Ran, runInProcess } from '../in-process.ts';
import { Stage } from '../stage.ts';

/** What pages tell to type and no test can, each with the reason. */
export const NOT_TYPED: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': 'asks the registry; CI runs it',
  'npm ci && npm test': 'asks the registry, and would run this test',
  'npm ci && npm pack --silent': 'asks the registry; test/packaging packs',
  'npm install -g ./motherduck-accounts-*.tgz': 'changes the machine; test/packaging installs the package',
  'npm install ../motherduck-accounts/motherduck-accounts-*.tgz':
    'asks the registry; test/packaging installs the package',
  'npm install --package-lock-only --save-exact --ignore-scripts motherduck-accounts@0.1.0 @aws-sdk/client-s3@3.1175.0':
    'asks the registry',
  'docker build --tag motherduck-accounts .': 'needs a container engine; test/packaging reads the Dockerfile',
  'docker run --rm --init --env MOTHERDUCK_ADMIN_TOKEN --volume "$PWD:/work" --user "$(id -u):$(id -g)" motherduck-accounts plan':
    'needs a container engine',
  'npm install --global @aws-sdk/client-s3': 'asks the registry; the package is there for the tests',
};

/** One command of mdacc, without anything that only a shell knows. */
const PLAIN = /^mdacc(?: (?:[\w./@:=,-]+|'[^']*'))*$/;

/** Nobody's name, home or settings of this machine. */
const GIT = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => [
    [`GIT_${who}_NAME`, 'Ann'],
    [`GIT_${who}_EMAIL`, 'ann@example.com'],
  ]),
);

/** What is said at MotherDuck alone, since nobody commits the state of a sandbox. */
const NOT_IN_SANDBOX = /^Then commit /;

export class Reader {
  readonly page: string;
  stage: Stage;
  /** Where the shell is. */
  folder: string;
  /** What the page writes as `NAME=…`. */
  readonly own: Record<string, string> = {};
  readonly #typed: string[] = [];
  readonly #bin: string;
  readonly #steps: Step[];
  #env: Record<string, string> = {};

  private constructor(page: string, stage: Stage) {
    this.page = page;
    this.stage = stage;
    this.folder = stage.path;
    this.#bin = stage.file('.bin');
    this.#steps = stepsOf(readText(page)).filter(({ command }) => NOT_TYPED[uncommented(command)] === undefined);
  }

  /** @param stage the folder in which the reader begins, and what its commands find in their environment */
  static async of(page: string, stage = new Stage()): Promise<Reader> {
    installProgram(stage, 'mdacc', await standInForMdacc(stage.file('.bin')));
    return new Reader(page, stage);
  }

  /** The commands that are still to be typed. */
  get left(): readonly string[] {
    const untyped = namedBy(this.page).filter((command) => !this.#typed.some((line) => line.startsWith(command)));
    return [...this.#steps.map(({ command }) => command), ...untyped];
  }

  /** Goes to another folder. */
  goTo(stage: Stage): void {
    this.stage = stage;
    this.folder = stage.path;
    this.#env = {};
  }

  /** The next step, which the test carries out itself. */
  take(): Step {
    const step = this.#steps.shift() ?? expect.unreachable(`${this.page} shows no more commands`);
    this.#typed.push(step.command);
    return step;
  }

  /** Types the next command, and the answer that the page shows: it must end with this code, and print the same. */
  async next(code = 0): Promise<Ran> {
    const { command, shown } = this.take();
    const [, answer] = /^.* to go on: (.+)$/m.exec(shown.join('\n')) ?? [];
    const typed = await this.type(command, code, answer);
    const ran = command.includes('--sandbox') ? typed : this.#asAtMotherDuck(typed);
    // Notes on stderr, such as progress and questions, may come in any order.
    const notes = new Set(ran.stderr.split(/\r?\n/));
    const result = shown.filter((line) => line === '' || !(notes.has(line) || NOT_IN_SANDBOX.test(line)));
    const lines = isUntypeableHere(command) ? [] : missing({ command, shown: result }, ran.stdout);
    expect(lines, `$ ${command}\n${ran.stdout}${ran.stderr}`).toEqual([]);
    return ran;
  }

  /** As it is where no server of this machine takes the place of MotherDuck or of a cloud. */
  #asAtMotherDuck(ran: Ran): Ran {
    if (this.stage.env.MOTHERDUCK_API_URL === undefined) return ran;
    const there = (text: string) =>
      text
        .replaceAll(/in the sandbox( \(nothing here reaches MotherDuck\))?/g, 'at MotherDuck')
        .replaceAll(/ at http:\/\/127\.0\.0\.1:\d+/g, '');
    return { ...ran, stdout: there(ran.stdout), stderr: there(ran.stderr) };
  }

  /** Types all commands up to one that begins like this, or to the last. */
  async upTo(start?: string): Promise<void> {
    while (this.#steps.length > 0 && (start === undefined || !this.#steps[0]?.command.startsWith(start)))
      await this.next();
  }

  /** Types what a sentence of the page names as code. */
  async named(code: string, exitCode = 0): Promise<Ran> {
    expect(readText(this.page)).toContain(`\`${code}\``);
    return this.type(code, exitCode);
  }

  /** Types a line that is not on the page, or not alone. */
  async type(line: string, code = 0, answer = 'yes'): Promise<Ran> {
    const { env } = this.stage;
    this.#typed.push(line);
    if (isUntypeableHere(line)) return { code, stdout: '', stderr: '' };
    const typed = uncommented(line)
      // The reader's own value.
      .replaceAll(/\b([A-Z_]+)=…/g, (_, name) => `${name}='${this.own[name]}'`);
    const [words] = PLAIN.test(typed) ? mdaccIn(typed) : [];
    const all = { HOME: this.stage.path, ...GIT, ...env, ...this.#env };
    const found = { ...all, PATH: `${this.#bin}:${env.PATH ?? process.env.PATH ?? ''}` };
    const ran =
      words === undefined ? await this.#shell(typed, found) : await runInProcess(words, this.folder, found, answer);
    expect(ran.code, `$ ${typed}\n${ran.stdout}${ran.stderr}`).toBe(code);
    return ran;
  }

  /** A shell that ends after the line, and leaves its folder and variables to the next one. */
  #shell(line: string, env: Record<string, string>): Promise<Ran> {
    const after = `${this.#bin}/after`;
    const script = `trap 'code=$?; { printf "%s\\0" "$PWD"; env -0; } >"${after}"; exit $code' EXIT\n${line}`;
    return new Promise((resolve) => {
      const child = execFile('/bin/bash', ['-c', script], { cwd: this.folder, env }, (_, stdout, stderr) => {
        const [folder = '', ...lines] = existsSync(after) ? readFileSync(after, 'utf8').split('\0') : [];
        this.folder = folder;
        for (const each of lines) {
          const [name = '', value = ''] = each.split(/=(.*)/s);
          if (name !== '' && env[name] !== value && !/^(PWD|OLDPWD|SHLVL|_)$/.test(name)) this.#env[name] = value;
        }
        resolve({ code: child.exitCode, stdout, stderr });
      });
      child.stdin?.end();
    });
  }
}

/** The commands that sentences of a page name, and that can be typed as they stand: without ACCOUNT, FILE or `…`. */
export function namedBy(page: string): string[] {
  return [...new Set(namedCommands(readText(page)))].filter((command) => !/[A-Z]{3}|…/.test(command));
}

/** Puts a program, written for bash, before all others of the stage's readers. */
export function installProgram(stage: Stage, name: string, script: string): void {
  mkdirSync(stage.file('.bin'), { recursive: true });
  stage.write(`.bin/${name}`, `#!/bin/bash\n${script}\n`);
  chmodSync(path.join(stage.path, '.bin', name), 0o755);
}

const ABSENT = ['jq', 'curl'].filter((name) => spawnSync(name, ['--version']).status !== 0);

/** A reader has jq and curl, or installs them; a machine that runs the tests may have Node alone, and leaves such lines out. */
export function isUntypeableHere(line: string): boolean {
  return ABSENT.some((name) => new RegExp(`(?:^|[|] )${name} `).test(line));
}

export function uncommented(line: string): string {
  return line.replace(/\s+#.*$/, '');
}
