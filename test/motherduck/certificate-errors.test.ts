import { expect, it } from 'vitest';
import { certificateProblem } from '../../src/motherduck/certificate-errors.ts';

it.each([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'issuer'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'issuer'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'issuer'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'issuer'],
  ['CERT_UNTRUSTED', 'issuer'],
  ['CERT_HAS_EXPIRED', 'time'],
  ['CERT_NOT_YET_VALID', 'time'],
  ['CRL_HAS_EXPIRED', 'time'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'other'],
  ['CERT_REVOKED', 'other'],
  ['ECONNRESET', undefined],
  ['ERR_SSL_WRONG_VERSION_NUMBER', undefined],
  ['', undefined],
])('the code %j says that the certificate is wrong: %s', (code, problem) => {
  expect(certificateProblem(code)).toBe(problem);
});
