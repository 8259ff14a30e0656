/** In the job of a pull request: the changes of its branch that a plan does not show. */
import { readFile } from 'node:fs/promises';
import { dirname, posix, relative, resolve } from 'node:path';
import { isNamedBy } from '../config/glob.ts';
import { includesIn, settingChanges, variablesIn } from '../config/setting-changes.ts';
import { commonCommit, fileOfCommit, hasCommit, headAndParents, yamlContaining, yamlSince } from '../files/git.ts';
import { shownPath, workTreeOf } from '../files/paths.ts';
import type { Desired } from '../model/desired.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { State } from '../model/state.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import { stateEdits, vouchedState } from '../plan/state-edits.ts';
import type { StateBackend } from '../state/backend.ts';
import type { OpenedState } from '../state/opened-state.ts';
import { stateOfText } from '../state/read-state.ts';

/** A state to plan from, and what to warn of. */
interface Compared {
  /** Where a branch could have forged it, it is as the target branch has it. */
  readonly state: State;
  readonly branch: readonly PlanWarning[];
}

/**
 * Compares the state and the configuration with those of the target branch, in the job of a pull request. Elsewhere, the state
 * is as it was opened. Never rejects because of git.
 *
 * @param config The path of the main file.
 */
export async function comparedWithTarget(
  config: string,
  { file }: Pick<StateBackend, 'file'>,
  { state, kept = state }: Pick<OpenedState, 'state' | 'kept'>,
  { variables = [] }: Pick<Desired, 'variables'>,
  env: NodeJS.ProcessEnv,
): Promise<Compared> {
  const target = targetIn(env);
  if (target === undefined) return { state, branch: [] };
  const { name, hint } = target;
  const notCompared = (why: string): PlanWarning => ({ kind: 'not_compared', target: name, why, hint });
  const tree = workTreeOf(dirname(resolve(config)));
  if (tree === undefined) return { state, branch: [notCompared('it is not in a clone of git')] };
  const commit = await target.commit(tree);
  if (commit === undefined) return { state, branch: [notCompared('its commit is not in this clone')] };
  const branch: PlanWarning[] = [];
  const main = pathIn(tree, config);
  const before = main === undefined ? undefined : await fileOfCommit(tree, commit, main);
  if (before !== undefined && 'why' in before) branch.push(notCompared(before.why));
  else if (before !== undefined && main !== undefined) {
    const [was, is] = [before.text, await readFile(config, 'utf8')];
    const included = await includedTexts(tree, commit, main, was, is);
    const settings = settingChanges({ main: was, included: included.before }, { main: is, included: included.after });
    if (included.why !== undefined) branch.push(notCompared(included.why));
    if (settings.length > 0) branch.push({ kind: 'settings_changed', target: name, settings });
    const added = await newVariables(tree, commit, { path: main, text: before.text }, variables);
    if (added.length > 0) branch.push({ kind: 'variables_new', target: name, variables: added });
  }
  const path = file === undefined ? undefined : pathIn(tree, file);
  if (path === undefined) return { state, branch };
  const [there, here] = [await fileOfCommit(tree, commit, path), await fileOfCommit(tree, 'HEAD', path)];
  // What git does not track is not of a branch.
  if (there === undefined && here === undefined) return { state, branch };
  const known = await stateOf(path, there);
  if ('why' in known) return { state, branch: [notCompared(known.why), ...branch] };
  const edits = stateEdits(known.state, kept);
  const edited: PlanWarning[] = edits.length === 0 ? [] : [{ kind: 'state_edited', state: path, target: name, edits }];
  return { state: vouchedState(known.state, state), branch: [...edited, ...branch] };
}

/** The branch into which a pull request goes. */
interface Target {
  readonly name: string;
  /** The commit that the branch is compared with; undefined where the clone lacks it. */
  readonly commit: (tree: string) => Promise<string | undefined>;
  /** How a clone gets that commit. */
  readonly hint: Hint;
}

function targetIn(env: NodeJS.ProcessEnv): Target | undefined {
  const { GITHUB_BASE_REF, GITHUB_EVENT_NAME, GITHUB_SHA, CI_MERGE_REQUEST_TARGET_BRANCH_NAME } = env;
  if (GITHUB_BASE_REF) {
    const commit = async (tree: string) => {
      const [head, ...parents] = await headAndParents(tree);
      // GitHub's own merge of the pull request into its target branch.
      const isMerge = GITHUB_EVENT_NAME === 'pull_request' && head === GITHUB_SHA && parents.length === 2;
      return isMerge ? parents[0] : commonCommit(tree, `refs/remotes/origin/${GITHUB_BASE_REF}`);
    };
    const text = 'Give actions/checkout "fetch-depth: 2", or "fetch-depth: 0" where it has a "ref".';
    return { name: GITHUB_BASE_REF, commit, hint: { text } };
  }
  if (CI_MERGE_REQUEST_TARGET_BRANCH_NAME) {
    const id = env.CI_MERGE_REQUEST_TARGET_BRANCH_SHA || env.CI_MERGE_REQUEST_DIFF_BASE_SHA || '';
    const commit = async (tree: string) =>
      /^[\da-f]{40,64}$/.test(id) && (await hasCommit(tree, id)) ? id : undefined;
    return {
      name: CI_MERGE_REQUEST_TARGET_BRANCH_NAME,
      commit,
      hint: { text: 'Give the job the variable GIT_DEPTH: 0.' },
    };
  }
  return undefined;
}

/** A path from the root of the work tree; undefined: it is outside. */
function pathIn(tree: string, file: string): string | undefined {
  const path = shownPath(relative(tree, resolve(file)));
  return path.startsWith('../') || resolve(tree, path) !== resolve(file) ? undefined : path;
}

/** A state of a commit, or why it cannot be compared. */
async function stateOf(
  path: string,
  found: { readonly text: string } | { readonly why: string } | undefined,
): Promise<{ readonly state: State | undefined } | { readonly why: string }> {
  if (found === undefined) return { state: undefined };
  const unread = (why: string) => ({ why: `its ${path} cannot be read: ${why}` });
  if ('why' in found) return unread(found.why);
  try {
    return { state: await stateOfText(path, found.text) };
  } catch (cause) {
    if (cause instanceof UserError) return unread(cause.message);
    throw cause;
  }
}

/** So many files differ, at most, that they are compared. */
const MOST_FILES = 500;

/** The texts of included files that differ between a commit and HEAD. */
async function includedTexts(tree: string, commit: string, main: string, was: string, is: string) {
  const [before, after] = [includesIn(was), includesIn(is)];
  if (before.length === 0 && after.length === 0) return { before: [], after: [] };
  // A file that is the same can be included in one of them alone.
  const files = await yamlSince(tree, commit, before.join('\n') !== after.join('\n'));
  const isIncluded = (patterns: readonly string[], file: string) =>
    file !== main && patterns.some((pattern) => isNamedBy(pattern, posix.relative(posix.dirname(main), file)));
  const included = files.filter((file) => isIncluded(before, file) || isIncluded(after, file));
  if (included.length > MOST_FILES) return { before: [], after: [], why: 'too many included files differ' };
  const texts: { before: string[]; after: string[]; why?: string } = { before: [], after: [] };
  for (const file of included) {
    const there = isIncluded(before, file) ? await fileOfCommit(tree, commit, file) : undefined;
    if (there !== undefined && 'why' in there) texts.why = there.why;
    else if (there !== undefined) texts.before.push(there.text);
    const path = resolve(tree, file);
    // The configuration was read before, without links.
    if (isIncluded(after, file)) texts.after.push(await readFile(path, 'utf8').catch(() => ''));
  }
  return texts;
}

/**
 * The variables that neither the main file of a commit uses nor the files that it includes. Files of submodules, and those
 * that git does not track, are not looked at.
 */
async function newVariables(
  tree: string,
  commit: string,
  main: { readonly path: string; readonly text: string },
  variables: readonly string[],
): Promise<readonly string[]> {
  const known = variablesIn(main.text);
  let added = variables.filter((name) => !known.has(name));
  const patterns = includesIn(main.text);
  if (added.length === 0 || patterns.length === 0) return added;
  const files = await yamlContaining(
    tree,
    commit,
    added.map((name) => `\${${name}}`),
  );
  for (const file of files) {
    const relativeFile = posix.relative(posix.dirname(main.path), file);
    if (!patterns.some((pattern) => isNamedBy(pattern, relativeFile))) continue;
    const there = await fileOfCommit(tree, commit, file);
    const own = there !== undefined && 'text' in there ? variablesIn(there.text) : new Set();
    added = added.filter((name) => !own.has(name));
  }
  return added;
}
