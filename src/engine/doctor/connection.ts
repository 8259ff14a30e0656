/** Checks of `md:` connections: what is in the environment, the extension, DuckDB's version, and the organization. */
import type { ErrorCode } from '../../model/user-error.ts';
import { explainForAdmin } from '../../motherduck/connection-errors.ts';
import { fetchAcceptedVersions, isAcceptedVersion } from '../../motherduck/duckdb-versions.ts';
import type { ProbeReport } from '../../motherduck/probe-process.ts';
import { organizationOf } from '../../smoke/checks.ts';
import { USER_AGENT } from '../service.ts';
import { checkManagedAccounts } from '../smoke.ts';
import { type Check, errorOf, failed, ok, settled, skipped, warning } from './examination.ts';

const hostVariable: Check = {
  name: 'host_variable',
  async run({ env }) {
    const name = ['MOTHERDUCK_HOST', 'motherduck_host'].find((each) => env[each]?.trim());
    if (name === undefined) return ok('MOTHERDUCK_HOST is not set');
    return warning(
      `${name} is set, which DuckDB connects to in place of MotherDuck; the connections of mdacc are made without it`,
      { text: `Other programs that open md: fail with it, unless it is an API host of MotherDuck: unset ${name}` },
    );
  },
};

/** Codes of errors that other checks say. */
const SAID: readonly ErrorCode[] = [
  'TOKEN_MISSING',
  'TOKEN_REFUSED',
  'API_URL_INVALID',
  'PROXY_INVALID',
  'SANDBOX_FAILED',
];

const extension: Check = {
  name: 'extension',
  async run(examination) {
    const error = await errorOf(examination.service());
    if (error?.code === 'STATE_FOREIGN') return skipped('needs the sandbox that the state is bound to');
    if (error !== undefined && SAID.includes(error.code))
      return skipped('needs the admin token, and the address of the API');
    const report = await examination.connection();
    const failure = report.get('connect')?.failure ?? report.get('user')?.failure;
    if (failure !== undefined) {
      const { message, hint } = explainForAdmin(failure);
      return failed({ code: 'CONNECT_FAILED', message, hint: { text: hint } });
    }
    const what = (await examination.isSandbox()) ? "opened the sandbox's database" : 'connected through md:';
    return ok(`${what} as ${firstValue(report, 'user')} in ${report.get('connect')?.ms ?? 0} ms`);
  },
};

function firstValue(report: ProbeReport, step: string): string | undefined {
  return Object.values(report.get(step)?.answer?.row ?? {})[0] ?? undefined;
}

const duckdb: Check = {
  name: 'duckdb',
  async run(examination) {
    const report = await settled(examination.connection());
    const version = report && (firstValue(report, 'version') ?? report.get('connect')?.failure?.duckdb?.version);
    if (version === undefined) return skipped('its version is not known without a connection');
    const plain = version.replace(/^v/, '');
    if (await examination.isSandbox())
      return report?.get('connect')?.failure === undefined
        ? ok(`${plain}; the sandbox takes any version`)
        : skipped(`${plain}; whether it is accepted is not known without a connection`);
    const range = await fetchAcceptedVersions(examination.env, USER_AGENT);
    if (range === undefined)
      return skipped(`${plain}; the versions that MotherDuck accepts could not be read from its web page`);
    const published = `MotherDuck accepts ${range.first} to ${range.last}`;
    if (isAcceptedVersion(plain, range)) return ok(`${plain}; ${published}`);
    return warning(`${plain}, and ${published}`, {
      text: 'Install motherduck-accounts with a version of @duckdb/node-api that MotherDuck accepts.',
    });
  },
};

const organization: Check = {
  name: 'organization',
  async run(examination) {
    const report = await settled(examination.connection());
    const found = organizationOf(report?.get('organization')?.answer);
    const { state } = (await settled(examination.state())) ?? {};
    const desired = await settled(examination.configuration());
    const service = await settled(examination.service());
    if (
      state &&
      found &&
      !service?.isSandbox &&
      state.organization_id !== undefined &&
      state.organization_id !== found.id
    ) {
      return failed({
        code: 'ORGANIZATION_DIFFERS',
        message: `the admin token is one of ${found.name} (${found.id}), and the state is one of another organization (${state.organization_id})`,
        hint: { text: 'Use a token of that organization, or name the state of this one with --state.' },
      });
    }
    if (state && desired && service) {
      await checkManagedAccounts(desired, state, service, examination.options.parallelism, undefined);
    }
    if (found === undefined) return skipped('needs a connection, which names it');
    const facts = [found.id, found.type, found.region]
      .filter((fact) => fact !== undefined && fact !== found.name)
      .join(', ');
    return ok(`${found.name} (${facts})${describeKnown(state?.organization_id, desired?.organization)}`);
  },
};

function describeKnown(id: string | undefined, name: string | undefined): string {
  const known = id === undefined ? '' : ', as the state says';
  return name === undefined ? known : `${known}; the configuration names it ${name}`;
}

export const CONNECTION: readonly Check[] = [hostVariable, extension, duckdb, organization];
