/** An account before and after a plan as YAML, for a diff. */
import { diffLines } from 'diff';
import { stringify } from 'yaml';
import type { DesiredDucklings, Ducklings } from '../../model/ducklings.ts';
import type { Action, PlannedToken, ShownToken } from '../../model/plan.ts';
import { formatDuration } from '../../model/time.ts';

interface Sketch {
  ducklings?: object;
  /** By name. A copy for each of thousands would take minutes. */
  tokens?: Map<string, object>;
  deletion_protection?: boolean;
}

/** The lines of a unified diff of one account, each with `+`, `-` or a space before it. */
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
  return diffLines(yaml(account, before, isThereBefore), yaml(account, after, isThereAfter))
    .flatMap(({ value, added, removed }) => {
      const mark = added ? '+' : removed ? '-' : ' ';
      return value
        .split('\n')
        .slice(0, -1)
        .map((line) => `${mark} ${line}`);
    })
    .join('\n');
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
      if (action.before) before.ducklings = ducklings(action.before);
      after.ducklings = ducklings(action.after);
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
          : `${overlap} after its replacement`,
      });
      put(after, action.after.name, planned(action.after));
      return;
    }
    case 'revoke_token':
      put(before, action.before.name, live(action.before));
      return;
    case 'delete_account':
      before.tokens = new Map(action.before.tokens.map((token) => [token.name, live(token)]));
      return;
    case 'adopt_account':
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

function ducklings({ read_write, read_scaling }: Ducklings | DesiredDucklings): object {
  return { read_write: shown(read_write), read_scaling: shown(read_scaling) };
}

function shown({ cooldown, ...rest }: { cooldown?: number }): object {
  return cooldown === undefined ? rest : { ...rest, cooldown: formatDuration(cooldown) };
}

function live({ type, expires_at }: ShownToken): object {
  return { type, expires: expires_at?.slice(0, 10) ?? 'never' };
}

function planned({ type, ttl, secret_store, policy }: PlannedToken): object {
  return { type, ttl: ttl === null ? 'never' : formatDuration(ttl), policy, secret_store };
}
