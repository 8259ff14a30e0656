import { showTime } from '../model/time.ts';

/** `acme, 2026-11-25 01:10 UTC`: the organization and MotherDuck's time; says when it is the sandbox. */
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
