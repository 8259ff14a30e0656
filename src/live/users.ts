import type { LiveUser } from '../model/live.ts';
import { accountKey } from '../model/username.ts';
import type { WireUser } from '../model/wire.ts';

export function toUser(wire: WireUser): LiveUser {
  return {
    id: wire.id,
    username: wire.username,
    ...(wire.email === null ? {} : { email: wire.email }),
    isServiceAccount: wire.is_service_account,
    isDeprovisioned: wire.is_deprovisioned,
    roles: wire.roles,
  };
}

/**
 * The users by `accountKey`. Usernames are unique among those who are active; a deprovisioned user may still be
 * listed under a name that is used again, so an active user goes before.
 */
export function chooseUsers(users: readonly LiveUser[]): Map<string, LiveUser> {
  const byKey = new Map<string, LiveUser>();
  for (const user of users) {
    const other = byKey.get(accountKey(user.username));
    if (other === undefined || (other.isDeprovisioned && !user.isDeprovisioned)) {
      byKey.set(accountKey(user.username), user);
    }
  }
  return byKey;
}
