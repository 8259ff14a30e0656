/** Checks of the way to MotherDuck: token, proxy, certificates, API, role and clock. */
import { ADMIN_TOKEN_SOON } from '../../model/defaults.ts';
import { IN_WEB_UI } from '../../model/hints.ts';
import { describeSpan } from '../../model/time.ts';
import type { UserError } from '../../model/user-error.ts';
import type { WireUser } from '../../model/wire.ts';
import { counted } from '../../model/wording.ts';
import { adminTokenProblem, checkAdminToken, malformedToken, tokenExpiry } from '../../motherduck/admin-token.ts';
import { extraCaProblem } from '../../motherduck/certificate-errors.ts';
import { describeProxy, proxyFor } from '../../motherduck/proxy.ts';
import { ApiError, type ApiFailure } from '../../motherduck/transport-errors.ts';
import { checkClock } from '../clock.ts';
import { apiAddress } from '../service.ts';
import { adminToken } from '../token-variables.ts';
import { type Check, type CheckResult, errorOf, failed, ok, settled, skipped, warning } from './examination.ts';

const token: Check = {
  name: 'token',
  async run(examination) {
    if (examination.options.sandbox) return ok("the sandbox's own admin token");
    const { token, source } = adminToken(examination.env);
    checkAdminToken(token, source);
    const now = await examination.now();
    const renew = {
      text: `Create another one as an Admin ${IN_WEB_UI}, and type: export ${source}=…`,
    };
    // Only where it was refused: the token of a served sandbox has another form.
    const error = await errorOf(examination.users());
    const isRefused = error instanceof ApiError && error.failure === 'unauthorized';
    const problem = (isRefused ? malformedToken(token) : undefined) ?? adminTokenProblem(token, now);
    if (problem !== undefined) {
      const message = `${source} must be a read/write token of an Admin; ${problem}`;
      return failed({ code: 'TOKEN_REFUSED', message, hint: renew });
    }
    const expiry = tokenExpiry(token);
    if (expiry === undefined) return ok(`in ${source}; it does not say when it expires, but MotherDuck's web UI does`);
    const left = Math.round((expiry - now) / 1000);
    const message = `in ${source}, expires in ${describeSpan(left)}`;
    return left < ADMIN_TOKEN_SOON ? warning(message, renew) : ok(message);
  },
};

const proxy: Check = {
  name: 'proxy',
  async run({ options, env }) {
    if (options.sandbox) return skipped('the embedded sandbox needs none');
    const address = addressOf(options, env);
    if (address === undefined) return skipped('the address of the API is invalid');
    const found = proxyFor(address, env);
    return found === undefined
      ? ok(`none is used for ${address.host}`)
      : ok(`requests go through ${describeProxy(found)}`);
  },
};

function addressOf(...about: Parameters<typeof apiAddress>): URL | undefined {
  try {
    return apiAddress(...about).address;
  } catch {
    return undefined; // the check of the API says why
  }
}

const certificates: Check = {
  name: 'certificates',
  async run({ env }) {
    const file = env.NODE_EXTRA_CA_CERTS?.trim() ?? '';
    if (file === '') return ok('NODE_EXTRA_CA_CERTS is not set');
    const problem = extraCaProblem(file);
    return problem === undefined
      ? ok(`those in ${file} are trusted too (NODE_EXTRA_CA_CERTS)`)
      : warning(problem.what, { text: problem.fix });
  },
};

/** Answers of MotherDuck's own. */
const ANSWERED: readonly ApiFailure[] = ['unauthorized', 'forbidden'];

const api: Check = {
  name: 'api',
  async run(examination) {
    const error = await errorOf(examination.users());
    if (error?.code === 'STATE_FOREIGN') return skipped('needs the sandbox that the state is bound to');
    if (error !== undefined && isOfAnother(error))
      return skipped('needs the admin token, and a proxy that can be used');
    if (isWithoutList(error)) return warning(error.message, error.hint);
    if (error !== undefined && !(error instanceof ApiError && ANSWERED.includes(error.failure))) return failed(error);
    const users = await settled(examination.users());
    const who = examination.options.sandbox
      ? 'the embedded sandbox'
      : addressOf(examination.options, examination.env)?.origin;
    return ok(users === undefined ? `${who} answers` : `${who} answers, and lists ${usersText(users)}`);
  },
};

/** How many of the users are service accounts, in the words of MotherDuck. */
function usersText(users: readonly WireUser[]): string {
  const accounts = users.filter((user) => user.is_service_account).length;
  return `${counted(accounts, 'service account')} and ${counted(users.length - accounts, 'other user')}`;
}

/** Whether the check of the token or of the proxy says it. */
function isOfAnother(error: UserError): boolean {
  return (
    error.code === 'TOKEN_MISSING' ||
    error.code === 'PROXY_INVALID' ||
    (error.code === 'TOKEN_REFUSED' && !(error instanceof ApiError))
  );
}

/** A region that has no list of users yet. */
function isWithoutList(error: UserError | undefined): error is ApiError {
  return error instanceof ApiError && error.status === 404 && error.code === 'API_FAILED';
}

const role: Check = {
  name: 'role',
  async run(examination) {
    const error = await errorOf(examination.users());
    if (error instanceof ApiError && error.failure === 'unauthorized') return failed(error);
    const isRefused = error instanceof ApiError && error.failure === 'forbidden';
    if (error !== undefined && !isRefused && !isWithoutList(error)) return skipped('needs the API');
    // All preset roles may list users; this, as all that apply does, needs an Admin.
    const refusal = await errorOf((await examination.service()).api.activeAccounts());
    if (refusal !== undefined) return failed(isRefused ? error : refusal);
    if (isRefused) return warning(`${error.message}; accounts are read one by one`, error.hint);
    return ok('the admin token has the rights of an Admin');
  },
};

const clock: Check = {
  name: 'clock',
  async run(examination) {
    const service = await settled(examination.service());
    await settled(examination.users());
    if (service?.api.clockDifference() === undefined) return skipped('needs the API');
    if (service.isSandbox) return skipped('the sandbox has a clock of its own');
    const found: CheckResult[] = [];
    checkClock(service, {
      warn: (message, hint = { text: 'Correct the clock.' }) => found.push(warning(message, hint)),
    });
    return found[0] ?? ok("this machine's clock agrees with MotherDuck's");
  },
};

export const ACCESS: readonly Check[] = [token, proxy, certificates, api, role, clock];
