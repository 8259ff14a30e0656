/** The smoke test of many accounts, a few at a time. */
import type { AccountSmoke, Smoke } from '../model/smoke.ts';
import { type SessionOptions, SmokeSession } from './session.ts';
import type { SmokeOptions, SmokeSubject } from './smoke.ts';

export interface SmokeRun extends SessionOptions {
  readonly accounts: readonly { readonly account: SmokeSubject; readonly secrets?: SmokeOptions['secrets'] }[];
  readonly onDone?: (result: AccountSmoke, progress: { readonly done: number; readonly total: number }) => void;
}

/** Tests the accounts; results are in the order given. An account that fails does not stop the others. Never rejects. */
export async function smokeAccounts(run: SmokeRun): Promise<Smoke> {
  const session = new SmokeSession(run);
  const total = run.accounts.length;
  let done = 0;
  const results = await Promise.all(
    run.accounts.map(async ({ account, secrets }) => {
      const result = await session.test(account, secrets);
      done += 1;
      run.onDone?.(result, { done, total });
      return result;
    }),
  );
  return session.result(results);
}
