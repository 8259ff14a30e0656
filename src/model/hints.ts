/** What errors and findings in several places tell the user to do. */

/** For what this version does not know. */
export const NEWER_VERSION = 'Install a newer version of motherduck-accounts.';

/** For a value of MotherDuck that this version does not know. */
export const NEW_AT_MOTHERDUCK = 'MotherDuck may have added it: install a newer version of motherduck-accounts.';

/** Where tokens are made by hand: `Create one in …`. */
export const IN_WEB_UI = "in MotherDuck's web UI under Settings, Access Tokens";

/** For a token whose name is a secret. */
export function secretTokenFix(id: string): string {
  return `Whoever lists tokens can read the secret in its name. At MotherDuck, revoke the token that the secret belongs to and this one${id === '' ? '' : ` (${id})`}, and create new ones.`;
}

/** For an account whose username is a secret. @param id Of its user */
export function secretAccountFix(id: string): string {
  return `Whoever lists users can read the secret in its name. At MotherDuck, revoke the token that the secret belongs to, and replace this account${id === '' ? '' : ` (user ${id})`} by one with another name.`;
}

/** What allows the deletion of an account, before `apply --prune` deletes it. @param removed Its block: `it again` */
export function deletionAllowed(removed: string): string {
  return `"deletion_protection: false", apply, remove ${removed}, allow the deletion in guardrails.max_deletes`;
}

/** For a run that ended early: `Wait until …, then run the command again: …` */
export function thenAgain(first: string): string {
  return `${first}, then run the command again: it finds and adopts what was created at MotherDuck.`;
}

/** For a run that met another one. */
export const AFTER_OTHER_RUNS = thenAgain('Wait until other runs have ended');
