/**
 * A secret store: keeps what comes on standard input in a masked and protected CI/CD variable of this project, as
 * MOTHERDUCK_TOKEN_ACCOUNT__TOKEN. With `--check` it only finds out whether it could.
 */
import { readFileSync } from 'node:fs';
import { call } from './api.mjs';

const { GITLAB_TOKEN: token } = process.env;
const [account, name] = process.argv.slice(2);
if (account === '--check') await call(token, 'GET', '/variables?per_page=1');
else await store(variableOf(account, name), readFileSync(0, 'utf8').trim());

/** Two tokens must never come to one variable: without another __, this one tells the account and the token apart. */
function variableOf(...names) {
  for (const each of names) {
    if (!/^[A-Za-z0-9_]+$/.test(each))
      throw new Error(`${each} has a character that variables cannot have: use letters, digits and _`);
    if (each.includes('__')) throw new Error(`${each} has __, which would look like the end of the account's name`);
  }
  return `MOTHERDUCK_TOKEN_${names.join('__')}`;
}

async function store(key, value) {
  const variable = { key, value, masked: true, protected: true, raw: true };
  try {
    await call(token, 'PUT', `/variables/${key}`, variable);
  } catch (error) {
    if (error.status !== 404) throw error;
    await call(token, 'POST', '/variables', variable);
  }
}
