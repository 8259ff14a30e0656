import path from 'node:path';
import { targetOf } from '../files/paths.ts';
import { defined } from '../model/defined.ts';
import type { Definitions, Desired, StateConfig } from '../model/desired.ts';
import { type Diagnostic, diagnosticJson } from '../model/diagnostic.ts';
import { quote } from '../model/quote.ts';
import { accountKey } from '../model/username.ts';
import type { OwnFiles, WrittenStore } from '../secrets/store-kind.ts';
import { stateKind } from '../state/backends.ts';
import { Problems } from '../yaml/problems.ts';
import { locationOf } from '../yaml/source.ts';
import { child, coreScalar, itemsOf, type Node, textOf } from '../yaml/tree.ts';
import { acceptancesOf } from './acceptances.ts';
import { checkCredentials } from './check-credentials.ts';
import { checkDucklings } from './check-ducklings.ts';
import { checkGlobs } from './check-globs.ts';
import { checkSetup } from './check-setup.ts';
import { checkTokens } from './check-tokens.ts';
import { definitionsOf, desiredOf } from './desired.ts';
import { InvalidConfiguration } from './errors.ts';
import { type GuardrailLimits, limitsOf } from './guardrails.ts';
import { type ConfigFiles, readFiles, readMainFile } from './read.ts';
import { type Resolved, type ResolvedAccount, resolve } from './resolve.ts';
import { joinFiles } from './sections.ts';
import { checkStores, resolveStores } from './stores.ts';
import { checkStructure } from './structure.ts';

/** A loaded configuration: the desired accounts, or all of its errors. */
export type Loaded = LoadedWell | ({ readonly ok: false; readonly diagnostics: readonly Diagnostic[] } & Findings);

export type LoadedWell = { readonly ok: true } & Meaning & Findings;

interface Meaning {
  readonly desired: Desired;
  readonly definitions: Definitions;
}

interface Findings {
  readonly warnings: readonly Diagnostic[];
  /** The files that were read, as the diagnostics name them; the main one first. */
  readonly files: readonly string[];
  /** The texts of the files by these names, for `renderDiagnostics`. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Loads a configuration with its included files: replaces environment variables, checks structure and meaning, and resolves
 * templates, pools and policies. Returns all errors of all files at once. Uses no network. `unwritten` has texts by absolute
 * path that replace those on the disk, so that a change can be checked before it is made. `stateFile` is the state's, which no
 * store may write.
 * `allowEnv` names variables that may be used although their names speak of a secret or of a CI job.
 *
 * @throws UserError CONFIG_NOT_FOUND when there is no file at `file`; CONFIG_INVALID when it cannot be read at all
 */
export async function loadConfig(
  file: string,
  env: NodeJS.ProcessEnv,
  unwritten: ReadonlyMap<string, string> = new Map(),
  stateFile?: string,
  allowEnv: readonly string[] = [],
): Promise<Loaded> {
  const problems = new Problems();
  const files = await readFiles(file, env, problems, unwritten, allowEnv);
  // If a file is missing or of another version, names may be missing too, so the meaning is not checked.
  const readable = files.all.map((one) => checkStructure(one, problems));
  const isWhole = files.complete && readable.every(Boolean);
  const meaning = isWhole ? await build(files, stateFile, problems) : undefined;
  if (!isWhole) checkSetupAlone(files, problems);
  checkCredentials(files.all, problems);
  const findings: Findings = {
    warnings: problems.sorted('warning'),
    files: files.all.map(({ source }) => source.file),
    sources: new Map(files.all.map(({ source }) => [source.file, source.text])),
  };
  const diagnostics = problems.sorted('error');
  if (diagnostics.length > 0) return { ok: false, diagnostics, ...findings };
  if (meaning === undefined) throw new Error('a configuration without errors gave no result');
  return { ok: true, ...meaning(), ...findings };
}

/**
 * Reads where the state is kept, from the main file alone: the rest may be wrong. Undefined: beside the configuration.
 *
 * @throws InvalidConfiguration when the block is wrong; UserError CONFIG_NOT_FOUND, or CONFIG_INVALID when the file cannot be read
 */
export async function loadStateConfig(
  file: string,
  env: NodeJS.ProcessEnv,
  allowEnv: readonly string[] = [],
): Promise<StateConfig | undefined> {
  const problems = new Problems();
  const main = await readMainFile(file, env, problems, allowEnv);
  const block = child(main?.root, 'state');
  if (main?.root === undefined || block === undefined) return undefined;
  checkStructure(main, problems, 'state');
  const config = stateConfigOf(main.root, problems);
  const first = locationOf(block.at).line;
  const last = first + main.source.text.slice(block.at.start, block.at.end).split('\n').length - 1;
  const errors = problems.sorted('error').filter(({ location: { line } }) => line >= first && line <= last);
  if (errors.length > 0) throw new InvalidConfiguration(file, errors.map(diagnosticJson), false);
  return config;
}

/** Where the state is kept; undefined without a block, or with one that does not match the schema, which has been reported. */
function stateConfigOf(main: Node, problems: Problems): StateConfig | undefined {
  const block = child(main, 'state');
  const kind = stateKind(textOf(child(block, 'kind')));
  if (block === undefined || kind === undefined) return undefined;
  const fields = Object.keys(kind.schema.properties).flatMap((name) => {
    const node = child(block, name);
    const value = node?.kind === 'scalar' ? coreScalar(node) : undefined;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [];
  });
  const config = { ...Object.fromEntries(fields), kind: kind.kind, location: locationOf(block.at) };
  kind.check?.(config, block, problems);
  return config;
}

/** A token in a statement is reported whatever other errors there are; names that another file may define are not. */
function checkSetupAlone({ all }: ConfigFiles, problems: Problems): void {
  const [main] = all;
  if (main?.root === undefined) return;
  const ignored = new Problems();
  checkSetup(resolve(joinFiles(main.root, all, ignored), ignored), problems);
}

/** Checks the meaning, also when the structure has errors. Returns a function that converts it, to be called without errors. */
async function build(
  files: ConfigFiles,
  stateFile: string | undefined,
  problems: Problems,
): Promise<(() => Meaning) | undefined> {
  const main = files.all[0];
  if (main?.root === undefined) return undefined;
  const resolved = resolve(joinFiles(main.root, files.all, problems), problems);
  const limits = limitsOf(main.root);
  const stateConfig = stateConfigOf(main.root, problems);
  const acceptances = acceptancesOf(main.root, problems);
  const stores = await resolveStores(resolved.sections.stores, path.dirname(path.resolve(main.source.file)));
  const state = stateFile === undefined ? undefined : await targetOf(stateFile).catch(() => path.resolve(stateFile));
  const own = { configuration: files.all.map((one) => one.real), ...defined({ state }) };
  checkMeaning(resolved, stores, limits, own, problems);
  const about = { file: main.source.file, files };
  return () => ({
    desired: desiredOf(resolved, stores, limits, stateConfig, { ...about, acceptances }),
    definitions: definitionsOf(resolved),
  });
}

/** Reports values that are well-formed but wrong: exceeded limits, colliding names, contradicting settings. */
function checkMeaning(
  resolved: Resolved,
  stores: readonly WrittenStore[],
  limits: GuardrailLimits,
  files: OwnFiles,
  problems: Problems,
): void {
  checkAccountNames(resolved.accounts, problems);
  checkTokens(resolved, limits, problems);
  checkDucklings(resolved, limits, problems);
  checkSetup(resolved, problems);
  const ignore = child(resolved.sections.main, 'ignore');
  if (ignore !== undefined)
    checkGlobs(
      itemsOf(ignore).flatMap((item) => textOf(item) ?? []),
      ignore.at,
      problems,
    );
  checkStores(stores, resolved.accounts, files, problems);
  if (limits.maxComputeCeiling !== undefined && limits.rates === undefined) {
    const hint = 'give your prices under compute_rates, for example { standard: 2.40, jumbo: 4.80 }';
    problems.error('rates-missing', limits.maxComputeCeiling.node.at, 'max_compute_ceiling needs compute_rates', {
      hint,
    });
  }
  // With errors, a use may be missed; without accounts, the file is not finished.
  if (!problems.hasErrors && resolved.accounts.length > 0) for (const names of resolved.names) names.reportUnused();
}

// MotherDuck compares usernames without regard to case, so both would be one account.
function checkAccountNames(accounts: readonly ResolvedAccount[], problems: Problems): void {
  const first = new Map<string, ResolvedAccount>();
  for (const account of accounts) {
    const key = accountKey(account.username);
    const other = first.get(key);
    if (other === undefined) first.set(key, account);
    else {
      const message = `accounts ${quote(other.username)} and ${quote(account.username)} differ only in case`;
      problems.error('duplicate-account', account.at, message, {
        related: { message: 'the first one is', at: other.at },
        hint: 'MotherDuck treats them as one account: remove one, or rename it',
      });
    }
  }
}
