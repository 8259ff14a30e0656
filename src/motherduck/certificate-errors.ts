/** Certificates that are not trusted: which errors are about them, and what to do. */
import { readFileSync } from 'node:fs';

/** `issuer`: no trusted CA issued it. `time`: it expired, or is not valid yet. `other`: for example, it is for another host. */
type CertificateProblem = 'issuer' | 'time' | 'other';

/** What is wrong with a certificate, by the code of the error; undefined: the error is about something else. */
export function certificateProblem(code: string): CertificateProblem | undefined {
  if (!/CERT|^UNABLE_TO_|^CRL_/.test(code)) return undefined;
  if (/SELF_SIGNED|^UNABLE_TO_|UNTRUSTED/.test(code)) return 'issuer';
  return /EXPIRED|NOT_YET/.test(code) ? 'time' : 'other';
}

/**
 * What to do about it; undefined where only the owner of the certificate can.
 *
 * @param extraCa The value of NODE_EXTRA_CA_CERTS.
 * @param isOfProxy The certificate is that of a proxy itself, and not of a server behind one.
 */
export function certificateAdvice(
  problem: CertificateProblem,
  extraCa: string | undefined,
  { isOfProxy = false } = {},
): string | undefined {
  switch (problem) {
    case 'issuer':
      return extraCaAdvice(extraCa, isOfProxy);
    case 'time':
      return "Check also this machine's clock.";
    case 'other':
      return undefined;
  }
}

/** What is wrong with NODE_EXTRA_CA_CERTS, given that a certificate is not trusted; Node itself says little. */
export function extraCaAdvice(file: string | undefined, isOfProxy = false): string {
  if (file === undefined || file === '') {
    const what = isOfProxy
      ? "Name a file with the proxy's CA certificate"
      : 'If a proxy of your company opens TLS connections, name a file with its CA certificate';
    return `${what}: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem`;
  }
  const problem = extraCaProblem(file);
  if (problem !== undefined) return `${problem.what}. ${problem.fix}`;
  return `NODE_EXTRA_CA_CERTS is set, but the certificates in ${file} do not include the CA of this one, or are damaged. Add the CA certificate of your company's proxy to that file.`;
}

/** Why a file has no certificates for Node, and what to do. */
export function extraCaProblem(file: string): { readonly what: string; readonly fix: string } | undefined {
  const set = 'NODE_EXTRA_CA_CERTS is set, but';
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    return { what: `${set} ${file} cannot be read${code}`, fix: 'Correct the path.' };
  }
  if (/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(text)) return undefined;
  const fix = `Convert a binary one: openssl x509 -inform der -in ${file} -out ca.pem`;
  return { what: `${set} ${file} holds no certificate in PEM format`, fix };
}
