/** The stage of the journey: the built program runs against MotherDuck, whose REST API is called beside it. */
import { existsSync } from 'node:fs';
import { variableOf } from '../../src/model/secret.ts';
import type { WireToken } from '../../src/model/wire.ts';
import { DotenvText } from '../../src/secrets/kinds/file/dotenv-text.ts';
import type { Ran } from '../in-process.ts';
import { CONFIG, Stage } from '../stage.ts';
import { type Chapter, configuration } from './configuration.ts';
import { JOURNEY, runOf } from './names.ts';
import { fieldOf, listOf, type RawAnswer, RawApi } from './raw-api.ts';
import { redactor } from './redact.ts';
import { senderTo } from './send.ts';
import type { Settings } from './settings.ts';
import { listUsers, namesOfOthers } from './users.ts';

const SECRETS = 'secrets.env';

/** What a command needs of this machine to reach MotherDuck from behind a proxy or another certificate authority. */
const NETWORK = /^(https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(file|dir))$/i;

/** Commands run in the process of the steps, which is faster: for the test of this suite. One that is interrupted needs its own. */
const IN_PROCESS = process.env.MDACC_LIVE_IN_PROCESS === '1';

export class JourneyStage extends Stage {
  readonly api: RawApi;
  /** What the names of this run's accounts begin with. */
  readonly runName: string;
  /** Accounts of other people, by name. */
  others: ReadonlySet<string> = new Set();
  readonly #size: Settings['size'];

  /** @param leave is told how the folder is removed */
  constructor(settings: Settings, run: string, leave: (remove: () => void) => void) {
    super(configuration({ run, size: settings.size, setup: true }), { leave });
    this.runName = run;
    this.#size = settings.size;
    this.api = new RawApi({ ...settings, run, send: senderTo(settings.address, process.env) });
    const network = Object.entries(process.env).filter(([name]) => NETWORK.test(name));
    Object.assign(this.env, Object.fromEntries(network), {
      MOTHERDUCK_ADMIN_TOKEN: settings.token.reveal(),
      ...(process.env.MOTHERDUCK_API_URL ? { MOTHERDUCK_API_URL: process.env.MOTHERDUCK_API_URL } : {}),
      ...(settings.sandbox ? { MDACC_SANDBOX: settings.sandbox } : {}),
    });
  }

  /** Learns who else is there, so that nobody of them is named in what is said about a failure. */
  async meet(): Promise<void> {
    const users = (await listUsers(this.api)) ?? [];
    this.others = namesOfOthers(users, (username) => runOf(username) === this.runName);
  }

  account(word: keyof typeof JOURNEY): string {
    return `${this.runName}_${JOURNEY[word]}`;
  }

  configure(chapter: Omit<Chapter, 'run' | 'size' | 'setup'>): void {
    this.write(CONFIG, configuration({ ...chapter, run: this.runName, size: this.#size, setup: true }));
  }

  /** Types a command. @throws Error without secrets and other people's names, when it ends otherwise or does not say it */
  async mdacc(
    words: string,
    { exits = 0, says = [] }: { exits?: number; says?: readonly string[] } = {},
  ): Promise<Ran> {
    const ran = await (IN_PROCESS ? this.run(words) : this.runProgram(words));
    const missing = says.find((text) => !ran.stdout.includes(text) && !ran.stderr.includes(text));
    if (ran.code === exits && missing === undefined) return ran;
    const wrong = ran.code === exits ? `did not say: ${missing}` : `exited with ${ran.code}, not ${exits}`;
    throw new Error(this.#shown(`mdacc ${words} ${wrong}\n${ran.stdout}${ran.stderr}`));
  }

  /** Types a command, and counts in its JSON: the plan's actions, those that were done, and the accounts that passed. */
  async counts(words: string, options: { exits?: number; says?: readonly string[] } = {}): Promise<Counts> {
    const { stdout } = await this.mdacc(`${words} --format json`, options);
    const { actions = [], applied, smoke } = JSON.parse(stdout) as Document;
    return {
      planned: actions.length,
      done: (applied?.outcomes ?? []).filter(({ result }) => result === 'done').length,
      passed: (smoke?.accounts ?? []).filter(({ outcome }) => outcome === 'passed').length,
    };
  }

  /** The secret that a program would read, in quotes or without. */
  secret(word: keyof typeof JOURNEY, token: string): string | undefined {
    if (!existsSync(this.file(SECRETS))) return undefined;
    const variable = variableOf('MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}', { account: this.account(word), token });
    return new DotenvText(this.read(SECRETS)).current({ variable })[0];
  }

  /** An account's tokens at MotherDuck, by name; those of smoke tests too. */
  async tokens(word: keyof typeof JOURNEY): Promise<ReadonlyMap<string, WireToken>> {
    const { json } = await this.api.tokens(this.account(word));
    const tokens = listOf(json, 'tokens') as readonly WireToken[];
    return new Map(tokens.map((token) => [token.name ?? '', token]));
  }

  async exists(word: keyof typeof JOURNEY): Promise<boolean> {
    const answer = await this.api.ducklings(this.account(word));
    if (answer.status === 404 && fieldOf(answer.json, 'code') === 'NOT_FOUND') return false;
    return good(answer) !== undefined;
  }

  /** Sets the size of an account's read scaling pool, as a person does at MotherDuck's web page. */
  async setPool(word: keyof typeof JOURNEY, poolSize: number): Promise<void> {
    const live = good(await this.api.ducklings(this.account(word))) as { read_write: object; read_scaling: object };
    const config = { ...live, read_scaling: { ...live.read_scaling, flock_size: poolSize } };
    good(await this.api.setDucklings(this.account(word), config));
  }

  #shown(text: string): string {
    const named = existsSync(this.file(SECRETS)) ? this.read(SECRETS).match(/[\w-]+\.[\w-]+\.[\w-]+/g) : [];
    const redact = redactor([...this.api.secrets, ...(named ?? [])], this.others);
    return redact(text.replace(/^(Unmanaged, not touched: \d+ accounts?) \([^)]*\)/gm, '$1'));
  }
}

interface Counts {
  readonly planned: number;
  readonly done: number;
  readonly passed: number;
}

interface Document {
  readonly actions?: readonly object[];
  readonly applied?: { readonly outcomes: readonly { readonly result: string }[] };
  readonly smoke?: { readonly accounts: readonly { readonly outcome: string }[] };
}

/** The JSON of a good answer. @throws Error for any other */
export function good({ status, json }: RawAnswer): unknown {
  if (status === 200) return json;
  throw new Error(`MotherDuck answered ${status} ${String(fieldOf(json, 'code'))} to a call by hand`);
}
