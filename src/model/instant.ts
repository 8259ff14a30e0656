/** Points in time are milliseconds since 1970 in the program, and ISO 8601 in UTC wherever they are written. */

/** `2027-02-06T14:05:00.000Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** `2027-02-06 14:05 UTC`, for people. */
export function showTime(ms: number): string {
  return `${isoTime(ms).slice(0, 16).replace('T', ' ')} UTC`;
}
