/** The ids of users at MotherDuck, which tell an account from a later one of the same name. */
import { chooseUsers } from '../model/live.ts';
import { accountKey } from '../model/username.ts';
import type { Api } from '../motherduck/api.ts';

/** How long a list of users says which accounts there are, in milliseconds: one for each deletion would take too long. */
const RECENT_MS = 1000;

/** The users' ids by `accountKey`. @throws ApiError */
export async function listIds(api: Pick<Api, 'listUsers'>): Promise<ReadonlyMap<string, string>> {
  const { users } = await api.listUsers();
  const byAccount = [...chooseUsers(users, (user) => user.is_deprovisioned)];
  return new Map(byAccount.flatMap(([key, { id }]) => (id === '' ? [] : [[key, id]])));
}

/** Finds the id of a user, in a list that all share who ask within a second. */
export function recentIds(api: Pick<Api, 'listUsers'>): (username: string) => Promise<string | undefined> {
  let reading: Promise<ReadonlyMap<string, string>> | undefined;
  let began = 0;
  return async (username) => {
    // By the wall clock, since the monotonic one stops while the machine sleeps.
    if (reading === undefined || Math.abs(Date.now() - began) > RECENT_MS) {
      began = Date.now();
      reading = listIds(api);
      reading.catch(() => {
        reading = undefined;
      });
    }
    return (await reading).get(accountKey(username));
  };
}
