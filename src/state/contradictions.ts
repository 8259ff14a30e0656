/**
 * Contradictions that no run of this program writes, although the format allows them: someone edited the state, or merged two versions of it.
 * Such a state would have tokens revoked that are in use.
 */
import { entryName } from '../model/entry-name.ts';
import type { State, StateToken } from '../model/state.ts';
import { generationName, isTokenKey, seriesOf, TOKEN_NAME_LENGTH } from '../model/tokens.ts';
import { accountKey, isUsername } from '../model/username.ts';

/** Where a state is wrong, as a JSON pointer, and the problem with its value. */
interface Contradiction {
  readonly pointer: string;
  readonly problem: string;
}

/** The first contradiction of a state. */
export function contradictionOf(state: State): Contradiction | undefined {
  const owners = new Map<string, string>();
  for (const [key, { username, tokens }] of state.accounts) {
    const account = `/accounts/${key}`;
    if (accountKey(username) !== key) {
      return { pointer: `${account}/username`, problem: `is "${username}", which does not match its key "${key}"` };
    }
    if (!isUsername(username)) {
      return {
        pointer: `${account}/username`,
        problem: `is ${JSON.stringify(username)}, which no account can be named`,
      };
    }
    for (const [token, entry] of tokens) {
      if (!isTokenKey(token)) {
        return { pointer: `${account}/tokens`, problem: `has ${JSON.stringify(token)}, which no token's key can be` };
      }
      const pointer = `${account}/tokens/${token}`;
      const found =
        wrongName(pointer, entry) ??
        wrongGeneration(pointer, entry) ??
        repeatedId(pointer, entryName({ account: username, token }), entry, owners);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Names reach the commands of secret stores and the terminal. */
function wrongName(pointer: string, { current, retiring, intents }: StateToken): Contradiction | undefined {
  const all = [
    ...(current === undefined ? [] : [{ at: `${pointer}/current/name`, name: current.name }]),
    ...retiring.map(({ name }, index) => ({ at: `${pointer}/retiring/${index}/name`, name })),
    ...intents.map(({ name }, index) => ({ at: `${pointer}/intents/${index}/name`, name })),
  ];
  const wrong = all.find(({ name }) => name.length > TOKEN_NAME_LENGTH.max || /\p{Cc}/u.test(name));
  return wrong && { pointer: wrong.at, problem: `is ${JSON.stringify(wrong.name)}, which no token can be named` };
}

function wrongGeneration(pointer: string, { generation, current, intents }: StateToken): Contradiction | undefined {
  const all = [
    ...(current === undefined ? [] : [{ at: `${pointer}/current`, record: current }]),
    ...intents.map((record, index) => ({ at: `${pointer}/intents/${index}`, record })),
  ];
  for (const { at, record } of all) {
    if (record.generation > generation) {
      return { pointer: `${at}/generation`, problem: `is ${record.generation}, more than the token's ${generation}` };
    }
    // The name of a first generation may be any: `airflow.2` too, where the configuration has it as a name.
    if (record.generation === 1 || record.name === generationName(seriesOf(record.name), record.generation)) continue;
    return { pointer: `${at}/name`, problem: `is "${record.name}", which is not of generation ${record.generation}` };
  }
  return undefined;
}

/** MotherDuck gives an id once, so it can only be one token's. */
function repeatedId(
  pointer: string,
  token: string,
  { current, retiring }: StateToken,
  owners: Map<string, string>,
): Contradiction | undefined {
  const all = [
    ...(current === undefined ? [] : [{ at: `${pointer}/current/id`, id: current.id }]),
    ...retiring.map(({ id }, index) => ({ at: `${pointer}/retiring/${index}/id`, id })),
  ];
  for (const { at, id } of all) {
    const owner = owners.get(id);
    if (owner !== undefined) return { pointer: at, problem: `is "${id}", which is also the id of a token of ${owner}` };
    owners.set(id, token);
  }
  return undefined;
}
