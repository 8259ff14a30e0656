/** Who is in the organization, as far as MotherDuck says. */
import { fieldOf, listOf, type RawApi } from './raw-api.ts';

/** All users, by pages of 1000; undefined where the list is not offered. @throws Error when nothing answers */
export async function listUsers(api: Pick<RawApi, 'get'>): Promise<unknown[] | undefined> {
  const users: unknown[] = [];
  const seen = new Set<string>();
  for (let next = ''; ; ) {
    const query = new URLSearchParams({ limit: '1000', ...(next === '' ? {} : { page_token: next }) });
    const { status, json } = await api.get(`/v1/users?${query}`);
    if (status !== 200) return undefined;
    users.push(...listOf(json, 'users'));
    const token = fieldOf(json, 'next_page_token');
    if (typeof token !== 'string' || token === '' || seen.has(token)) return users;
    seen.add(token);
    next = token;
  }
}

/** Whether it is a service account that is there: people, and what is left in the list of deleted ones, are not. */
export function isLiveServiceAccount(user: unknown): boolean {
  return fieldOf(user, 'is_service_account') === true && fieldOf(user, 'is_deprovisioned') !== true;
}

/** What other people's accounts are called, lower case: usernames and addresses. */
export function namesOfOthers(users: readonly unknown[], isOwn: (username: unknown) => boolean): Set<string> {
  const others = users.filter((user) => !isOwn(fieldOf(user, 'username')));
  const names = others.flatMap((user) => [fieldOf(user, 'username'), fieldOf(user, 'email')]);
  return new Set(
    names.filter((name) => typeof name === 'string' && name !== '').map((name) => String(name).toLowerCase()),
  );
}
