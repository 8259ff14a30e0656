/** The pattern of a service account's name. MotherDuck also accepts Unicode letters; like its Terraform provider, we take ASCII. */
export const USERNAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]{2,254}$/;

/**
 * MotherDuck compares usernames without regard to case; two names are one account when their keys are equal. Of other
 * letters than ASCII, which no name here has, some become ASCII in lower case (the Kelvin sign), so they stay as they are.
 */
export function accountKey(username: string): string {
  return username.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
