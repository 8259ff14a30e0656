/** Removes what a run made, whatever happened to it, and what runs of other days left. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { NEW_USERNAME_PATTERN } from '../../src/model/username.ts';
import { accountsOf, beganAt, runOf } from './names.ts';
import { fieldOf, type RawAnswer, type RawApi } from './raw-api.ts';
import { isLiveServiceAccount, listUsers } from './users.ts';

export interface Cleaned {
  readonly removed: readonly string[];
  /** What is still there, with the reason. */
  readonly left: ReadonlyMap<string, string>;
}

const PASSES = 5;

/**
 * Deletes every account of the API's run: those that the list names, and those that a run is known to make, for where
 * there is no list. It looks again until nothing is left, since a call that was cut off may still take effect.
 */
export async function cleanUp(api: RawApi, sleep: (ms: number) => Promise<unknown> = sleepFor): Promise<Cleaned> {
  const removed: string[] = [];
  let left = new Map<string, string>();
  for (let pass = 1; pass <= PASSES; pass += 1) {
    const listed = await listOwn(api);
    const names = new Set([...(listed ?? []), ...(pass === 1 ? accountsOf(api.run) : left.keys())]);
    if (names.size === 0) break;
    if (pass > 2) await sleep(1000);
    left = new Map();
    for (const name of names) {
      const isListed = listed === undefined || listed.includes(name);
      const result = await remove(api, name, isListed);
      if (result === 'removed') removed.push(name);
      else if (result !== 'absent') left.set(name, result);
    }
  }
  return { removed: [...new Set(removed)].sort(), left };
}

async function listOwn(api: RawApi): Promise<string[] | undefined> {
  const users = await listUsers(api).catch(() => undefined);
  const own = users?.filter((user) => isLiveServiceAccount(user) && runOf(fieldOf(user, 'username')) === api.run);
  return own?.map((user) => String(fieldOf(user, 'username')));
}

/** @param mayExist false: the list of users lacks it, so that a token without permission has nothing to delete */
async function remove(api: RawApi, username: string, mayExist: boolean): Promise<string> {
  try {
    const answer = await api.deleteUser(username);
    if (answer.status === 200) return 'removed';
    const isForbidden = answer.status === 403 && !mayExist;
    return isForbidden || isAbsent(answer) || isRefusedName(answer, username)
      ? 'absent'
      : `MotherDuck answered ${answer.status}`;
  } catch {
    return 'MotherDuck did not answer';
  }
}

function isAbsent({ status, json }: RawAnswer): boolean {
  return status === 404 && fieldOf(json, 'code') === 'NOT_FOUND';
}

/** Two of the names that are tried are no usernames, so there is nothing of that name. */
function isRefusedName({ status }: RawAnswer, username: string): boolean {
  return status === 400 && !NEW_USERNAME_PATTERN.test(username);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The accounts that runs left which began more than a day ago, by run.
 * @param now the earlier of this machine's time and MotherDuck's, so that a wrong clock sweeps nothing too soon
 */
export function leftovers(users: readonly unknown[], now: number): Map<string, string[]> {
  const byRun = new Map<string, string[]>();
  for (const user of users) {
    const username = fieldOf(user, 'username');
    const run = isLiveServiceAccount(user) ? runOf(username) : undefined;
    const began = beganAt(run);
    if (run === undefined || began === undefined || now - began < DAY_MS) continue;
    byRun.set(run, [...(byRun.get(run) ?? []), String(username)]);
  }
  return byRun;
}
