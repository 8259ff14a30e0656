/** Words the failure of a proxy to open a tunnel, before anything was sent to MotherDuck. */
import { certificateAdvice, certificateProblem } from './certificate-errors.ts';
import { describeProxy, type HttpProxy, withCredentials } from './proxy.ts';

/** A CONNECT that failed. */
export class ProxyError extends Error {
  /** The status with which the proxy refused, or the code of the error on the way to it. */
  readonly problem: number | string;
  /** For example `PROXY_407`, `PROXY_ECONNREFUSED`. */
  readonly code: string;
  /** The proxy's header Proxy-Authenticate. */
  readonly schemes: string;

  constructor(problem: number | string, schemes = '') {
    const code = `PROXY_${problem}`;
    super(code);
    this.name = 'ProxyError';
    this.problem = problem;
    this.code = code;
    this.schemes = schemes;
  }
}

/**
 * @param host of the API, which the proxy was to connect to
 * @param extraCa the value of NODE_EXTRA_CA_CERTS
 */
export function explainProxy(
  error: ProxyError,
  proxy: HttpProxy,
  host: string,
  extraCa: string | undefined,
): Explanation {
  const { problem } = error;
  const [what, hint] =
    typeof problem === 'number' ? refusal(error, problem, proxy, host) : failure(problem, proxy, extraCa);
  return [`${describeProxy(proxy)} ${what}`, hint];
}

type Explanation = readonly [what: string, hint: string];

function refusal(error: ProxyError, status: number, proxy: HttpProxy, host: string): Explanation {
  const { variable, url, credentials } = proxy;
  const without = goAround(proxy, host);
  const target = new URL(`https://${host}`).port === '' ? `${host}:443` : host;
  switch (status) {
    case 407: {
      const schemes = [...error.schemes.matchAll(/(?:^|,)\s*([a-z-]{1,20})(?=[\s,]|$)/gi)].map(([, name]) => name);
      if (schemes.length > 0 && !schemes.some((name) => name?.toLowerCase() === 'basic')) {
        return [
          `requires credentials of a kind that is not supported (407: ${[...new Set(schemes)].slice(0, 4).join(', ')})`,
          `Only Basic is supported. Run a local proxy that signs in for you, such as px or cntlm, and name it in ${variable}. ${without}`,
        ];
      }
      const example = `export ${variable}=${withCredentials(url.origin)}`;
      return credentials === undefined
        ? ['requires a user name and a password (407)', `Add them to the variable: ${example}`]
        : ['refused the user name or the password (407)', `Correct them in the variable: ${example}`];
    }
    case 502:
    case 503:
    case 504:
      return [`could not connect to ${host} (${status})`, `Wait a moment, then run the command again. ${without}`];
    case 400:
    case 404:
    case 405:
    case 501:
      return [
        `does not accept CONNECT, so it may be an ordinary web server (${status})`,
        `Correct ${variable}. ${without}`,
      ];
    default:
      return status < 400
        ? [
            `did not open a connection to ${host} (${status})`,
            `If this network asks for a sign-in, open a web page in a browser. Otherwise correct ${variable}. ${without}`,
          ]
        : [
            `refused to connect to ${host} (${status})`,
            `Ask the administrators of the proxy to allow ${target}. ${without}`,
          ];
  }
}

function failure(code: string, { variable, url }: HttpProxy, extraCa: string | undefined): Explanation {
  const check = `Correct ${variable}, or use no proxy: unset ${variable}`;
  const isTls = url.protocol === 'https:';
  const problem = certificateProblem(code);
  if (problem !== undefined) {
    const advice = certificateAdvice(problem, extraCa, { isOfProxy: true });
    return [`has a certificate that is not trusted (${code})`, [`Check ${variable}.`, advice ?? []].flat().join(' ')];
  }
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [`was not found (${code})`, `Check the network, and the VPN if one is needed. ${check}`];
    case 'ECONNREFUSED':
      return [`does not accept connections (${code})`, `Check that it runs. ${check}`];
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'ETIMEDOUT':
      return [`did not answer in time (${code})`, `Check the network, and the VPN if one is needed. ${check}`];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return [`cannot be reached (${code})`, `Check the network, and the VPN if one is needed. ${check}`];
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return [`does not use TLS (${code})`, `Write its address with http: export ${variable}=http://${url.host}`];
    default:
      return [
        `ended the connection, or answered something other than HTTP (${code || 'unknown error'})`,
        isTls ? check : `If the proxy itself requires TLS: export ${variable}=https://${url.host}. ${check}`,
      ];
  }
}

/** How to use no proxy for a host. */
export function goAround({ exceptions }: HttpProxy, host: string): string {
  const { hostname } = new URL(`https://${host}`);
  const value = exceptions === undefined ? hostname : `"$${exceptions},${hostname}"`;
  return `If ${hostname} can be reached without the proxy: export ${exceptions ?? 'NO_PROXY'}=${value}`;
}
