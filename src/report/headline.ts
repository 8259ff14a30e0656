import { showTime } from '../model/time.ts';

/** `acme, 2026-11-25 01:10 UTC`: which organization, and by what time. The sandbox never passes for MotherDuck. */
export function headline(of: {
  readonly organization: string;
  readonly sandbox: boolean;
  readonly at: string;
}): string {
  const time = showTime(Date.parse(of.at));
  return of.sandbox
    ? `${of.organization}, in the sandbox (nothing here reaches MotherDuck), ${time}`
    : `${of.organization}, ${time}`;
}
