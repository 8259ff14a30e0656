// The floor of plan and apply: the same requests, as few and as fast as undici can send them, and nothing else.
import { Pool } from 'undici';
import { username } from './organization.mjs';

const [what, count, parallelism] = process.argv.slice(2);
const { MOTHERDUCK_API_URL: url, MOTHERDUCK_ADMIN_TOKEN: token } = process.env;
const pool = new Pool(url, { connections: Number(parallelism) });

async function ask(method, path, body) {
  const answer = await pool.request({
    method,
    path,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode} ${await answer.body.text()}`);
  return answer.body.json();
}

async function atOnce(tasks) {
  const queue = tasks.values();
  const worker = async () => {
    for (const task of queue) await task();
  };
  await Promise.all(Array.from({ length: Number(parallelism) }, worker));
}

async function users() {
  const all = [];
  for (let next = ''; next !== undefined; ) {
    const page = await ask(
      'GET',
      `/v1/users?limit=1000${next === '' ? '' : `&page_token=${encodeURIComponent(next)}`}`,
    );
    all.push(...page.users);
    next = page.next_page_token || undefined;
  }
  return all;
}

async function plan() {
  const names = (await users()).filter((user) => user.is_service_account).map((user) => user.username);
  await atOnce(
    names.map((name) => async () => {
      await ask('GET', `/v1/users/${name}/tokens`);
      await ask('GET', `/v1/users/${name}/instances`);
    }),
  );
}

async function apply() {
  await users();
  const config = {
    read_write: { instance_size: 'jumbo' },
    read_scaling: { instance_size: 'standard', flock_size: 4 },
  };
  await atOnce(
    Array.from({ length: Number(count) }, (_, index) => username(index)).map((name) => async () => {
      await ask('POST', '/v1/users', { username: name });
      await ask('GET', `/v1/users/${name}/instances`);
      await ask('PUT', `/v1/users/${name}/instances`, { config });
      await ask('POST', `/v1/users/${name}/tokens`, { name: 'etl', ttl: 7776000, token_type: 'read_write' });
      await ask('POST', `/v1/users/${name}/tokens`, { name: 'app', ttl: 7776000, token_type: 'read_scaling' });
    }),
  );
}

await { plan, apply }[what]();
await pool.close();
