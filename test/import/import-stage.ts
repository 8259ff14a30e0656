/** A stage with an organization in memory in which accounts are imported, and the plan that follows. */
import { adoptAll } from '../../src/apply/adopt.ts';
import { importContext } from '../../src/cli/configuration.ts';
import { openIo } from '../../src/cli/io.ts';
import { loadConfig } from '../../src/config/load.ts';
import { decideSafely, readForImport } from '../../src/engine/import-decision.ts';
import { type ImportFiles, newImportFiles, readImportFiles, writeImportFiles } from '../../src/engine/import-files.ts';
import { initialConfig, tightestGuardrails } from '../../src/import/initial-config.ts';
import { parseSelection } from '../../src/import/selection.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Import } from '../../src/model/import.ts';
import type { TokenType } from '../../src/model/tokens.ts';
import type { WireDucklings } from '../../src/model/wire.ts';
import { importDiff, importRefused } from '../../src/report/import/text.ts';
import { plain } from '../../src/report/terminal-text.ts';
import { CONFIG, Stage } from '../stage.ts';
import { brief, World } from '../world.ts';

export const HEAD = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: secrets.env, format: dotenv }
`;

export interface TokenSketch {
  readonly name: string;
  readonly type?: TokenType;
  /** Seconds; absent: until revoked. */
  readonly ttl?: number;
  readonly description?: string;
}

export interface Choices {
  readonly store?: string;
  readonly into?: string;
}

export class ImportStage extends Stage {
  readonly world = new World();
  readonly #io = openIo({ quiet: true });

  constructor(files: Readonly<Record<string, string>> | string = HEAD) {
    const texts = typeof files === 'string' ? { [CONFIG]: files } : files;
    super('');
    for (const [name, text] of Object.entries(texts)) this.write(name, text);
  }

  /** Makes an account at MotherDuck with tokens, in this order. */
  async account(username: string, tokens: readonly TokenSketch[] = [], ducklings?: WireDucklings): Promise<void> {
    const { api } = this.world;
    const { organization } = this.world;
    if (!organization.inspect().accounts.some((account) => account.username === username))
      await api.createUser(username);
    if (ducklings) await api.setDucklings(username, ducklings);
    for (const { name, type = 'read_write', ttl, description } of tokens) {
      const more = { ...(ttl === undefined ? {} : { ttl }), ...(description === undefined ? {} : { description }) };
      await api.createToken(username, { name, token_type: type, ...more });
    }
  }

  /** The id of the live token with that name, the newest of them. */
  id(username: string, name: string): string {
    const account = this.world.organization.inspect().accounts.find((each) => each.username === username);
    return account?.tokens.filter((token) => token.name === name).at(-1)?.id ?? 'none';
  }

  /** Decides an import of these names; of everything when there is none. */
  async decide(names: readonly string[] = [], choices: Choices = {}): Promise<Import & { diff: string }> {
    const files = await readImportFiles({ config: this.file(CONFIG) }, importContext(this.#io));
    return (await this.#decide(files, names, choices)).decided;
  }

  /** Imports: writes the files, and then the state. Gives what was decided. */
  async import(names: readonly string[] = [], choices: Choices = {}): Promise<Import & { diff: string }> {
    const files = await readImportFiles({ config: this.file(CONFIG) }, importContext(this.#io));
    return this.#carryOut(files, names, choices);
  }

  /** What init --from-live does; the folder has no configuration then. */
  async begin(): Promise<Import & { diff: string }> {
    this.remove(CONFIG);
    const [config, { env }] = [this.file(CONFIG), this.#io];
    const live = await this.#live(await newImportFiles(config, initialConfig('acme'), env), []);
    return this.#carryOut(await newImportFiles(config, initialConfig('acme', tightestGuardrails(live)), env), [], {});
  }

  async desired(): Promise<Desired> {
    const loaded = await loadConfig(this.file(CONFIG), {});
    if (loaded.ok) return loaded.desired;
    throw new Error(`${loaded.diagnostics.map(({ message }) => message).join('; ')}\n${this.read()}`);
  }

  /** The actions of the plan that follows, in short. */
  async plan(): Promise<string[]> {
    const plan = await this.world.plan(await this.desired());
    return [...plan.errors.map((error) => `error: ${JSON.stringify(error)}`), ...brief(plan)];
  }

  async #carryOut(files: ImportFiles, names: readonly string[], choices: Choices) {
    const { decided, actions, live } = await this.#decide(files, names, choices);
    await writeImportFiles(files, decided.texts);
    await this.world.stateWriter.update((state) => adoptAll(state, actions, live));
    return decided;
  }

  async #decide(files: ImportFiles, names: readonly string[], { store, into }: Choices) {
    const selection = parseSelection(names, names.length === 0);
    const live = await this.#live(files, names);
    const more = { ...(store ? { store } : {}), ...(into ? { into: this.file(into) } : {}) };
    const service = { env: {}, isSandbox: true, claims: [] };
    const situation = { selection, files, live, state: this.world.stateWriter.state, service, others: [] };
    const choices = { config: this.file(CONFIG), ...more };
    const found = await decideSafely(situation, choices, importContext(this.#io));
    if ('refusal' in found) throw importRefused(found.refusal);
    const { decided, actions } = found;
    const before = files.isNew ? new Map<string, string>() : files.texts;
    const diff = importDiff(before, decided, plain).replaceAll(`${this.path}/`, '');
    return { decided: { ...decided, diff }, actions, live };
  }

  #live(files: ImportFiles, names: readonly string[]) {
    const { world } = this;
    const service = { api: world.api, claims: [] };
    const selection = parseSelection(names, names.length === 0);
    const { signal } = new AbortController();
    const { desired } = files.loaded;
    return readForImport(
      { selection, desired, state: world.stateWriter.state, service, others: [], parallelism: 8 },
      { signal },
    );
  }
}

/** The skipped accounts and tokens with kind and details of the reason: `etl_prod/airflow: older_generation airflow.2`. */
export function skipped({ skipped: all }: Import): string[] {
  return all.map(({ account, token, reason: { kind, ...details } }) =>
    [`${account}${token ? `/${token.name}` : ''}: ${kind}`, ...Object.values(details).flat()].join(' '),
  );
}
