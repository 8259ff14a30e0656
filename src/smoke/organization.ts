/** All accounts belong to one organization: what no connection can know of itself. Pure. */
import type { AccountSmoke, ConnectionSmoke, SmokeOrganization } from '../model/smoke.ts';

/**
 * Holds the accounts against the organization that most of them name (the first one when that is even), and fails
 * the check `organization` of those that name another.
 */
export function judgeOrganization(accounts: readonly AccountSmoke[]): {
  readonly organization?: SmokeOrganization;
  readonly accounts: readonly AccountSmoke[];
} {
  const organization = mostNamed(accounts);
  if (organization === undefined) return { accounts };
  return { organization, accounts: accounts.map((account) => judgeAccount(account, organization)) };
}

function mostNamed(accounts: readonly AccountSmoke[]): SmokeOrganization | undefined {
  const counts = new Map<string, { organization: SmokeOrganization; count: number }>();
  for (const account of accounts) {
    const organization = account.connections.find((connection) => connection.organization)?.organization;
    if (organization === undefined) continue;
    const counted = counts.get(organization.id) ?? { organization, count: 0 };
    counts.set(organization.id, { ...counted, count: counted.count + 1 });
  }
  let most: { organization: SmokeOrganization; count: number } | undefined;
  for (const counted of counts.values()) {
    if (most === undefined || counted.count > most.count) most = counted;
  }
  return most?.organization;
}

function judgeAccount(account: AccountSmoke, one: SmokeOrganization): AccountSmoke {
  const foreign = (made: ConnectionSmoke) => made.organization !== undefined && made.organization.id !== one.id;
  if (!account.connections.some(foreign)) return account;
  const connections = account.connections.map((made) => (foreign(made) ? failOrganization(made, one) : made));
  return { ...account, connections, outcome: account.outcome === 'passed' ? 'failed' : account.outcome };
}

function failOrganization(made: ConnectionSmoke, one: SmokeOrganization): ConnectionSmoke {
  const found = made.organization?.name ?? '';
  const checks = made.checks.map((check) =>
    check.name === 'organization'
      ? {
          ...check,
          passed: false,
          found: `${found} (${made.organization?.id})`,
          expected: `${one.name} (${one.id})`,
          message: `the account is in the organization "${found}", the others are in "${one.name}"`,
          hint: {
            text: 'One configuration manages one organization: give the other one its own file, state and admin token.',
          },
        }
      : check,
  );
  return { ...made, checks, passed: false };
}
