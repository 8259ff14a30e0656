/**
 * Stands in for vault, aws, gcloud, az, op, doppler, gh, kubectl, sops, bw and glab: writes down how it was called, keeps what it is given, and
 * answers as the real one does where an example depends on it. It lies in a folder under their names, beside
 *   calls     how it was called, a line of JSON a call; without what came on standard input
 *   kept/     a file for each secret that was put, named after its place
 *   refused/  the secrets that it would not take
 * FAIL=login: nobody is logged in. FAIL=put: no secret is taken, and it is shouted out.
 */
const fs = require('node:fs');
const path = require('node:path');

const here = __dirname;
const program = path.basename(__filename);
const args = process.argv.slice(2);
const words = args.join(' ');
const input = fs.fstatSync(0);
const option = (name) => args[args.indexOf(name) + 1];

function surroundings() {
  const files = fs.existsSync('/proc/self/environ') ? [process.ppid, process.pid] : [];
  return files.flatMap((pid) =>
    ['cmdline', 'environ'].map((file) => fs.readFileSync(`/proc/${pid}/${file}`, 'latin1')),
  );
}

function leave(code, out = '', error = '') {
  fs.writeSync(1, out);
  fs.writeSync(2, error);
  process.exit(code);
}

/** By the name where the command line gives one, as the real programs do, so that it is seen to work. */
function secret() {
  return fs.readFileSync(words.includes('/dev/stdin') ? '/dev/stdin' : 0, 'utf8');
}

const fileOf = (folder, place) => path.join(here, folder, encodeURIComponent(place));
const isKept = (place) => fs.existsSync(fileOf('kept', place));

function put(place, value) {
  const folder = process.env.FAIL === 'put' ? 'refused' : 'kept';
  fs.mkdirSync(path.join(here, folder), { recursive: true });
  fs.writeFileSync(fileOf(folder, place), value);
  if (folder === 'refused') leave(9, `stored ${value}\n`, `denied: ${Buffer.from(value).toString('base64')}\n`);
  leave(0);
}

fs.appendFileSync(
  path.join(here, 'calls'),
  `${JSON.stringify({ call: [program, ...args], seen: [...surroundings(), ...Object.values(process.env)] })}\n`,
);
if (process.env.FAIL === 'login') leave(1, '', `${program}: you are not logged in\n`);

/** What `remove` of an example runs. */
const place = {
  vault: () => args[3],
  aws: () => option('--secret-id'),
  az: () => (args[0] === 'pipelines' ? option('--group-id').replace(/^id-of-/, '') : option('--name')),
  gh: () => args[2].toUpperCase(),
  bw: () => args[2].replace(/^id-of-/, ''),
};
if (args.slice(0, 3).some((word) => word === 'delete' || word === 'delete-secret')) {
  fs.rmSync(fileOf('kept', (place[program] ?? (() => args[2]))()));
  leave(0);
}

/** AWS and Google make a secret first, and then its versions; `unknown` is how they say that there is none. */
function versioned(place, verb, unknown) {
  const made = path.join(here, 'made');
  fs.mkdirSync(made, { recursive: true });
  const exists = fs.existsSync(fileOf('made', place));
  if (verb === 'create') {
    if (exists) leave(1, '', 'it exists\n');
    fs.writeFileSync(fileOf('made', place), '');
    leave(0);
  }
  if (!exists) leave(254, '', unknown);
  if (verb === 'put') put(place, secret());
  leave(0);
}

const answers = {
  vault() {
    if (args[0] === 'kv') put(args[2], secret());
  },
  aws() {
    const unknown = 'An error occurred (ResourceNotFoundException) when calling the operation\n';
    if (args[1] === 'describe-secret') versioned(option('--secret-id'), 'describe', unknown);
    if (args[1] === 'create-secret') versioned(option('--name'), 'create', unknown);
    if (args[1] === 'put-secret-value') versioned(option('--secret-id'), 'put', unknown);
  },
  gcloud() {
    const unknown = 'ERROR: (gcloud.secrets.describe) NOT_FOUND: Secret not found.\n';
    if (args[1] === 'describe' || args[1] === 'create') versioned(args[2], args[1], unknown);
    if (args[1] === 'versions') versioned(args[3], 'put', unknown);
  },
  az() {
    if (args[0] === 'keyvault') put(option('--name'), secret());
    const group = option('--group-name');
    if (args[0] === 'pipelines') leave(0, isKept(group) ? `id-of-${group}\n` : '');
    if (args[1] !== 'invoke') return;
    const { name, type, variables } = JSON.parse(secret());
    const isNew = option('--http-method') === 'POST';
    if (type !== 'Vsts' || isNew === isKept(name) || (!isNew && !args.includes(`groupId=id-of-${name}`)))
      leave(1, '', 'HTTP 400\n');
    put(name, variables.MOTHERDUCK_TOKEN.isSecret ? variables.MOTHERDUCK_TOKEN.value : '');
  },
  op() {
    if (args[1] === 'list') {
      const titles = fs.existsSync(path.join(here, 'kept')) ? fs.readdirSync(path.join(here, 'kept')) : [];
      leave(0, JSON.stringify(titles.map((title) => ({ id: `id-of-${title}`, title }))));
    }
    if (args[1] !== 'create' && args[1] !== 'edit') return;
    // The real one looks at nothing but a true pipe, and then misses what it would have read there.
    if (!input.isFIFO()) leave(1, '', "provide the item category with '--category' flag\n");
    const item = JSON.parse(secret());
    if (args[1] === 'edit' && (args[2] !== `id-of-${item.title}` || !isKept(item.title))) leave(1, '', 'no item\n');
    if (item.category !== 'PASSWORD') leave(1, '', 'no password\n');
    put(item.title, item.fields.find((field) => field.purpose === 'PASSWORD').value);
  },
  doppler() {
    if (args[1] !== 'set') return;
    if (!/^[A-Z_][A-Z0-9_]*$/.test(args[2])) leave(1, '', 'a name has capital letters, digits and _\n');
    put(args[2], secret());
  },
  gh() {
    if (args[1] !== 'set') return;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(args[2])) leave(1, '', 'HTTP 422\n');
    put(args[2].toUpperCase(), secret());
  },
  kubectl() {
    if (args[0] !== 'apply') return;
    const { kind, metadata, data } = JSON.parse(secret());
    if (kind !== 'Secret' || metadata.name !== 'motherduck') leave(1, '', 'error: no objects passed to apply\n');
    for (const [key, value] of Object.entries(data)) put(key, Buffer.from(value, 'base64').toString());
  },
  sops() {
    const file = option('--filename-override');
    const { token } = JSON.parse(secret());
    if (!words.includes('--output')) leave(0, '{"sops":{}}\n');
    if (file !== option('--output')) leave(1, '', 'another rule than that of the file\n');
    put(file, token);
  },
  bw() {
    if (args[0] === 'list') {
      const names = fs.existsSync(path.join(here, 'kept')) ? fs.readdirSync(path.join(here, 'kept')) : [];
      leave(0, JSON.stringify(names.map((name) => ({ id: `id-of-${name}`, name }))));
    }
    if (args[0] === 'encode') leave(0, Buffer.from(secret()).toString('base64'));
    if (args[0] !== 'create' && args[0] !== 'edit') return;
    const item = JSON.parse(Buffer.from(secret(), 'base64').toString());
    if (args[0] === 'edit' && (args[2] !== `id-of-${item.name}` || !isKept(item.name))) leave(1, '', 'Not found.\n');
    if (item.type !== 1) leave(1, '', 'Unknown cipher type.\n');
    put(item.name, item.login.password);
  },
  glab() {
    if (args[1] === 'get') leave(isKept(args[2]) ? 0 : 1);
    if (args[1] !== 'set' && args[1] !== 'update') return;
    if (isKept(args[2]) !== (args[1] === 'update')) leave(1, '', 'HTTP 400\n');
    put(args[2], secret());
  },
};
answers[program]();
