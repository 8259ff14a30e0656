/** An account before and after a plan as YAML, for a diff. */
import { diffLines } from 'diff';
import { stringify } from 'yaml';
import type { Action } from '../../model/action.ts';
import type { DesiredDucklings, Ducklings } from '../../model/ducklings.ts';
import type { PlannedToken, ShownToken } from '../../model/planned-token.ts';
import { dayOf, formatDuration } from '../../model/time.ts';
import { DEFAULTS } from './duckling-text.ts';

interface Sketch {
  ducklings?: object;
  /** By name. A copy for each of thousands would take minutes. */
  tokens?: Map<string, object>;
  deletion_protection?: boolean;
  suspended?: boolean;
}

/** The lines of a unified diff of one account, each with `+`, `-` or a space before it; empty where nothing of the YAML changes. */
export function accountDiff(account: string, actions: readonly Action[]): string {
  const before: Sketch = {};
  const after: Sketch = {};
  let isThereBefore = true;
  let isThereAfter = true;
  for (const action of actions) {
    if (action.action === 'create_account') isThereBefore = false;
    if (action.action === 'delete_account') isThereAfter = false;
    draw(action, before, after);
  }
  // What a deletion ends is not in the YAML; its tokens alone would be.
  if (!isThereAfter && (before.tokens?.size ?? 0) === 0) return '';
  const lines = diff(entries(yaml(account, before, isThereBefore)), entries(yaml(account, after, isThereAfter)));
  return lines.every((line) => line.startsWith(' ')) ? '' : lines.join('\n');
}

/** One token, Duckling or other entry of the YAML. */
interface YamlSection {
  readonly key: string;
  readonly text: string;
}

function entries(text: string): YamlSection[] {
  let parent = '';
  return text.split(/^(?= {0,4}\S)/m).flatMap((part) => {
    const [head = ''] = part.split('\n', 1);
    if (!head.startsWith('    ')) parent = head;
    return part === '' ? [] : [{ key: parent === head ? head : `${parent}\n${head}`, text: part }];
  });
}

/** Entries have the same order on both sides, so each is compared with its own alone: thousands take no longer than their number. */
function diff(before: readonly YamlSection[], after: readonly YamlSection[]): string[] {
  const indexOf = new Map(before.map(({ key }, index) => [key, index]));
  const lines: string[] = [];
  let [at, added]: [number, YamlSection[]] = [0, []];
  const passTo = (index: number) => {
    for (const { text } of before.slice(at, index)) lines.push(...marked('-', text));
    for (const { text } of added) lines.push(...marked('+', text));
    [at, added] = [index, []];
  };
  for (const entry of after) {
    const index = indexOf.get(entry.key) ?? -1;
    const same = index < at ? undefined : before[index];
    if (same === undefined) {
      added.push(entry);
      continue;
    }
    passTo(index);
    at = index + 1;
    for (const { value, added, removed } of diffLines(same.text, entry.text)) {
      lines.push(...marked(added ? '+' : removed ? '-' : ' ', value));
    }
  }
  passTo(before.length);
  return lines;
}

function marked(mark: string, text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => `${mark} ${line}`);
}

function yaml(account: string, picture: Sketch, isThere: boolean): string {
  return isThere ? stringify({ [account]: picture }, { lineWidth: 0 }) : '';
}

function draw(action: Action, before: Sketch, after: Sketch): void {
  switch (action.action) {
    case 'create_account':
      after.deletion_protection = action.after.deletion_protection;
      return;
    case 'set_ducklings':
      if (action.before) before.ducklings = ducklings(action.before, false);
      after.ducklings = ducklings(action.after, action.before === null);
      return;
    case 'create_token':
      put(after, action.after.name, planned(action.after));
      return;
    case 'adopt_token': {
      const { name } = action.after;
      put(before, name, live(action.after));
      put(after, name, { ...live(action.after), managed: true });
      return;
    }
    case 'rotate_token': {
      const { name } = action.before;
      const overlap = formatDuration(action.after.overlap);
      put(before, name, live(action.before));
      put(after, name, {
        ...live(action.before),
        revoked: action.after.keeps_old
          ? 'never, since its name is of another series'
          : action.after.revokes_old
            ? `once its replacement is ${action.after.revokes_old}`
            : `${overlap} after its replacement`,
      });
      put(after, action.after.name, planned(action.after));
      return;
    }
    case 'revoke_token':
      put(before, action.before.name, live(action.before));
      if (action.reason.kind === 'suspended') after.suspended = true;
      return;
    case 'delete_account':
      before.tokens = new Map(action.before.tokens.map((token) => [token.name, live(token)]));
      return;
    case 'adopt_account':
    case 'run_setup': // its SQL is shown by itself
    case 'forget':
      return;
    default:
      action satisfies never;
  }
}

function put(sketch: Sketch, name: string, token: object): void {
  sketch.tokens ??= new Map();
  sketch.tokens.set(name, token);
}

function ducklings({ read_write, read_scaling }: Ducklings | DesiredDucklings, isNew: boolean): object {
  const part = (of: keyof Ducklings, settings: object) =>
    isNew && Object.keys(settings).length === 0 ? DEFAULTS[of] : settings;
  return {
    read_write: part('read_write', shown(read_write)),
    read_scaling: part('read_scaling', shown(read_scaling)),
  };
}

function shown({ cooldown, ...rest }: { cooldown?: number }): object {
  return cooldown === undefined ? rest : { ...rest, cooldown: formatDuration(cooldown) };
}

function live({ type, expires_at }: ShownToken): object {
  return { type, expires: expires_at === null || expires_at === undefined ? 'never' : dayOf(expires_at) };
}

function planned({ type, ttl, secret_store, policy }: PlannedToken): object {
  return { type, ttl: ttl === null ? 'never' : formatDuration(ttl), policy, secret_store };
}
