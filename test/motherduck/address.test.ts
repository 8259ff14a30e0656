import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/model/user-error.ts';
import { parseAddress } from '../../src/motherduck/address.ts';
import { expectGoldenError } from '../golden/golden.ts';

function refusal(text: string): UserError {
  try {
    parseAddress(text);
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error(`not refused: ${text}`);
}

describe('the address of the API', () => {
  it.each([undefined, '', '  '])('is MotherDuck by default (%j)', (text) => {
    expect(parseAddress(text).href).toBe('https://api.motherduck.com/');
  });

  it.each([
    ['https://api.motherduck.com/', 'https://api.motherduck.com/'],
    ['https://proxy.example/md/', 'https://proxy.example/md/'],
    ['HTTPS://Proxy.example:8443/md', 'https://proxy.example:8443/md'],
    ['http://localhost:8080', 'http://localhost:8080/'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1/'],
    ['http://127.1.2.3', 'http://127.1.2.3/'],
    ['http://[::1]:8080', 'http://[::1]:8080/'],
  ])('accepts %s', (text, href) => {
    expect(parseAddress(text).href).toBe(href);
  });

  it.each([
    'http://api.motherduck.com',
    'http://localhost.evil.example',
    'http://128.0.0.1',
    'ftp://localhost',
    'https://x?token=1',
    'https://x/#',
    'https://',
    'https://a b',
  ])('refuses %s', (text) => {
    expectGoldenError(`an address > ${text}`, refusal(text));
  });

  it.each([
    ['api.motherduck.com', 'https://api.motherduck.com'],
    ['localhost:8080', 'http://localhost:8080'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('suggests an address if the scheme is missing: %s', (text, better) => {
    expect(refusal(text).hint.text).toContain(better);
  });

  it.each([
    'https://user:hunter2@x',
    'https://hunter2@x',
    'user:hunter2@x',
    'https://x?token=hunter2',
    'x#hunter2',
    'https://:hunter2@',
    'ftp://a:hunter2@x',
    'https:///@hunter2',
    'https://@hunter2',
  ])('does not print what may be a password: %s', (text) => {
    const error = refusal(text);
    expect(`${error.message} ${error.hint.text} ${error.stack}`).not.toContain('hunter2');
  });
});
