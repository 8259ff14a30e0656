/** The pattern of a service account's name. MotherDuck also accepts Unicode letters; like its Terraform provider, we take ASCII. */
export const USERNAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]{2,254}$/;

/** MotherDuck compares usernames without regard to case; two names are one account when their keys are equal. */
export function accountKey(username: string): string {
  return username.toLowerCase();
}
