/** A section of docs/troubleshooting.md as somebody lives through it: what it quotes is said, and what it tells to do is done. */
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import { type Ran, runInProcess } from '../../in-process.ts';
import { CONFIG, Stage } from '../../stage.ts';

/** A command that was not understood, an interruption, and what an audit tells as a finding, need no page. */
const WITHOUT_CODE = ['USAGE', 'INTERRUPTED', 'USAGE_UNREADABLE'];

export interface TypeOptions {
  /** What is typed at a terminal, to the question; without one, there is no terminal. */
  readonly answer?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** As it is said at MotherDuck, and where the network is not there. */
function asShown(text: string): string {
  return text
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'https://api.motherduck.com')
    .replaceAll(/127\.0\.0\.1:\d+ \((\w+_PROXY)/g, 'proxy.example:8080 ($1')
    .replaceAll('mdacc-test.invalid', 'api.motherduck.com')
    .replaceAll('EAI_AGAIN', 'ENOTFOUND');
}

export class Trouble {
  readonly code: string;
  readonly #section: string;
  readonly #said: string[] = [];
  readonly #done: string[] = [];
  #stage: Stage | undefined;
  #last: Ran | undefined;

  /** @param section of the page, from the code in its heading on */
  constructor(section: string) {
    this.#section = section;
    [this.code = ''] = section.split('\n');
  }

  get stage(): Stage {
    this.#stage ??= new Stage();
    return this.#stage;
  }

  set stage(stage: Stage) {
    this.#stage = stage;
  }

  /** All that was printed. */
  get said(): string {
    return asShown(this.#said.join('\n'));
  }

  /** What the page quotes, and the code, that no command has said. */
  get unsaid(): readonly string[] {
    const { said } = this;
    const quotes = [...this.#section.matchAll(/^> (.*)$/gm)].map(([, quote = '']) => quote);
    return [
      ...quotes.filter((quote) => !said.includes(quote)),
      ...(WITHOUT_CODE.includes(this.code) || said.includes(`[${this.code}]`) ? [] : [this.code]),
    ];
  }

  /** The code in what the page tells to do, and its commands, that were not typed, set or written. */
  get undone(): readonly string[] {
    const [, told = ''] = /^- \*\*What to do:\*\* (.*)$/m.exec(this.#section) ?? [];
    const commands = [...this.#section.matchAll(/`(mdacc [^`]+)`/g)];
    const codes = [...told.matchAll(/`([^`]+)`/g), ...commands].map(([, code = '']) => code);
    const done = this.#done.join('\n');
    return codes.filter((code) => {
      const words = code.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\b(?<!_)[A-Z]{3,}(?!_)\b/g, '\\S+');
      return !new RegExp(`(?<![\\w-])${words}(?![\\w-])`).test(done);
    });
  }

  /** Types a command, which ends with this exit code. */
  async type(words: string, code = 0, { answer, env = {} }: TypeOptions = {}): Promise<Ran> {
    const { stage } = this;
    const set = { ...stage.env, ...env };
    this.did(`mdacc ${words}`, ...Object.entries(set).map(([name, value]) => `${name}=${value}`));
    if (stage.has(CONFIG)) this.did(stage.read());
    const found = { PATH: process.env.PATH ?? '', HOME: stage.path, ...set };
    const ran = await runInProcess(words.split(' '), stage.path, found, answer);
    const all = ran.stderr + ran.stdout;
    this.#said.push(all.replaceAll(stage.path, '/home/ann/md-accounts'));
    this.#last = ran;
    expect(ran.code, `$ mdacc ${words}\n${all}`).toBe(code);
    return ran;
  }

  /** Types a command of another program. */
  typeOther(line: string): void {
    this.did(line);
    const { path: cwd, env } = this.stage;
    execFileSync('/bin/sh', ['-c', line], { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  }

  /** Types what the last error says to type. */
  followHint(code = 0, options: TypeOptions = {}): Promise<Ran> {
    const { stderr = '', stdout = '' } = this.#last ?? {};
    const [, words = expect.unreachable(`no command in ${stderr}${stdout}`)] =
      /: mdacc (.+)$/m.exec(stderr + stdout) ?? [];
    return this.type(words, code, options);
  }

  /** Notes what the test did by itself. */
  did(...what: readonly string[]): void {
    this.#done.push(...what);
  }
}

/** What happens in a section. */
export type Story = (trouble: Trouble) => Promise<void>;
