/** The wording of what the branch of a pull request changes. */
import { groupBy } from '../model/collections.ts';
import { entryName } from '../model/entry-name.ts';
import type { BranchWarning, SettingChange, StateEdit } from '../model/notice.ts';
import type { Hint } from '../model/user-error.ts';
import { counted, few, NAMES_SHOWN } from '../model/wording.ts';

/** Edits of one kind, and the accounts and tokens that they are of. */
interface EditGroup {
  /** `2 tokens edited (overlap, rotate_before)` */
  readonly what: string;
  /** `etl_prod`, `etl_prod/airflow`; none: the state itself. */
  readonly names: readonly string[];
}

/** The edits by what is done: additions first. */
export function groupEdits(edits: readonly StateEdit[]): EditGroup[] {
  const rank = ({ edit }: StateEdit) => ['added', 'removed', 'edited'].indexOf(edit);
  const sorted = [...edits].sort((a, b) => rank(a) - rank(b));
  const groups = groupBy(sorted, (edit) =>
    JSON.stringify([edit.edit, edit.account === undefined, edit.token === undefined, edit.fields]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const fields = first.fields === undefined ? '' : ` (${first.fields.join(', ')})`;
    if (first.account === undefined) return [{ what: `the state itself ${first.edit}${fields}`, names: [] }];
    const noun = first.token === undefined ? 'account' : 'token';
    return [
      {
        what: `${counted(group.length, noun)} ${first.edit}${fields}`,
        names: group.map(({ account = '', token }) => entryName({ account, token })),
      },
    ];
  });
}

/** The start of a message about edits, which their groups follow. */
export function stateEditedText({ state, target }: Pick<BranchWarning & { kind: 'state_edited' }, 'state' | 'target'>) {
  return `this branch changes the state (${state}, compared with ${target})`;
}

/** Words one warning about the branch of a pull request. */
export function branchText(warning: BranchWarning): { readonly message: string; readonly hint: Hint } {
  switch (warning.kind) {
    case 'state_edited': {
      const groups = groupEdits(warning.edits).map(({ what, names }) =>
        names.length === 0 ? what : `${what}: ${few(names, NAMES_SHOWN.refusal)}`,
      );
      return {
        message: `${stateEditedText(warning)}: ${groups.join('; ')}`,
        hint: {
          text: `An apply or import in the branch does that, and so does a forged record. If nobody ran one, take the state of ${warning.target}: scheduled runs rotate and revoke by the state, without a question.`,
        },
      };
    }
    case 'settings_changed':
      return {
        message: `this branch changes ${counted(warning.settings.length, 'setting')}, compared with ${warning.target}: ${settingTexts(warning.settings).join('; ')}`,
        hint: {
          text: 'Settings decide where the state and secrets are, which programs run, and what an apply may do, also later. Make sure that this is intended.',
        },
      };
    case 'variables_new':
      return {
        message: `this branch uses environment variables that ${warning.target} does not use: ${few(warning.variables, NAMES_SHOWN.refusal)}`,
        hint: {
          text: 'Where the job that applies has other values of them, it does not do what this plan shows. Make sure that every job has the same.',
        },
      };
    default:
      return {
        message: `this branch could not be compared with ${warning.target}, so it may change the state or settings unseen: ${warning.why}`,
        hint: warning.hint,
      };
  }
}

/** Characters of one value, and of all values: a long one must not hide what follows. */
const VALUE_LENGTH = { most: 250, least: 40, all: 4000 };

/** `guardrails.max_deletes 0 -> 50%` */
function settingTexts(settings: readonly SettingChange[]): string[] {
  const share = Math.floor(VALUE_LENGTH.all / (2 * settings.length));
  const most = Math.max(VALUE_LENGTH.least, Math.min(VALUE_LENGTH.most, share));
  return settings.map(({ name, before = 'not set', after = 'not set' }) => {
    const [was, is] = partsThatDiffer(before, after, most);
    return `${name} ${was} -> ${is}`;
  });
}

/** Two texts, of which long ones begin a little before the first difference. */
function partsThatDiffer(before: string, after: string, most: number): [string, string] {
  let same = 0;
  while (same < before.length && before[same] === after[same]) same += 1;
  const part = (text: string) => {
    if (text.length <= most) return text;
    const start = Math.max(0, Math.min(same - Math.floor(most / 4), text.length - most));
    return `${start > 0 ? '…' : ''}${text.slice(start, start + most)}${start + most < text.length ? '…' : ''}`;
  };
  return [part(before), part(after)];
}
