/** What each example under examples/secret-stores does: which commands it runs, and where a secret ends up. */

/** A token, as a store's command is told of it. */
export interface Address {
  readonly account: string;
  readonly token: string;
  /** `2027-02-06T14:05:00.000Z` */
  readonly expiresAt: string;
}

type Words = readonly string[];

export interface StoreCommands {
  /** What is run before anything is created. */
  readonly check: Words;
  /** What is run for one token, the first time and every other time. */
  first(address: Address): readonly Words[];
  again(address: Address): readonly Words[];
  /** Where its secret is then. */
  secretPath(address: Address): string;
}

/** A store that does the same the first time and every other time. */
function always(
  check: Words,
  put: (address: Address) => Words,
  secretPath: StoreCommands['secretPath'],
): StoreCommands {
  return { check, first: (address) => [put(address)], again: (address) => [put(address)], secretPath };
}

const inCapitals = ({ account, token }: Address) => `MOTHERDUCK_TOKEN_${account}__${token}`.toUpperCase();
const azureName = ({ account, token }: Address) => `motherduck--${account}--${token}`.replaceAll('_', '-');

/** By the name of the folder. */
export const STORES: Readonly<Record<string, StoreCommands>> = {
  vault: always(
    ['vault', 'token', 'lookup'],
    ({ account, token }) => ['vault', 'kv', 'put', `secret/motherduck/${account}/${token}`, 'value=-'],
    ({ account, token }) => `secret/motherduck/${account}/${token}`,
  ),
  aws: aws(({ account, token }) => `motherduck/${account}/${token}`),
  google: google(({ account, token }) => `motherduck-${account}-${token}`),
  azure: always(
    ['az', 'account', 'get-access-token', '--resource', 'https://vault.azure.net', '--output', 'none'],
    (address) => [
      ...['az', 'keyvault', 'secret', 'set', '--vault-name', 'acme-motherduck', '--name', azureName(address)],
      ...['--expires', address.expiresAt.replace('.000Z', 'Z').replace(/\.\d+Z$/, 'Z')],
      ...['--file', '/dev/stdin', '--encoding', 'utf-8', '--output', 'none'],
    ],
    azureName,
  ),
  onepassword: onepassword(({ account, token }) => `${account}.${token}`),
  doppler: always(
    ['doppler', 'secrets', '--only-names', '--project', 'motherduck', '--config', 'prd'],
    (address) => [
      ...['doppler', 'secrets', 'set', inCapitals(address), '--project', 'motherduck', '--config', 'prd'],
      ...['--no-interactive', '--silent'],
    ],
    inCapitals,
  ),
  github: always(
    ['gh', 'secret', 'list', '--repo', 'acme/pipelines'],
    ({ account, token }) => [
      ...['gh', 'secret', 'set', `MOTHERDUCK_TOKEN_${account}__${token}`, '--repo', 'acme/pipelines'],
    ],
    inCapitals,
  ),
  kubernetes: always(
    ['kubectl', 'auth', 'can-i', 'patch', 'secrets/motherduck'],
    ({ account, token }) => [
      ...['kubectl', 'apply', '--server-side', `--field-manager=mdacc-${account}-${token}`, '--filename', '-'],
    ],
    ({ account, token }) => `${account}.${token}`,
  ),
  sops: always(
    ['sops', 'encrypt', '--filename-override', 'secrets/check.json'],
    (address) => ['sops', 'encrypt', '--filename-override', sopsFile(address), '--output', sopsFile(address)],
    sopsFile,
  ),
  bitwarden: bitwarden(({ account, token }) => `${account}.${token}`),
  azure_devops: azureDevops(({ account, token }) => `motherduck.${account}.${token}`),
  gitlab: gitlab(({ account, token }) => `MOTHERDUCK_TOKEN_${account}__${token}`),
};

function sopsFile({ account, token }: Address): string {
  return `secrets/${account}.${token}.json`;
}

function bitwarden(secretPath: StoreCommands['secretPath']): StoreCommands {
  const list = (address: Address) => ['bw', 'list', 'items', '--search', secretPath(address)];
  const encode = ['bw', 'encode'];
  return {
    check: ['bw', 'unlock', '--check'],
    first: (address) => [list(address), encode, ['bw', 'create', 'item']],
    again: (address) => [list(address), encode, ['bw', 'edit', 'item', `id-of-${secretPath(address)}`]],
    secretPath,
  };
}

function azureDevops(secretPath: StoreCommands['secretPath']): StoreCommands {
  const list = (address: Address) => [
    ...['az', 'pipelines', 'variable-group', 'list', '--project', 'pipelines', '--group-name', secretPath(address)],
    ...['--query', `[?name=='${secretPath(address)}'].id | [0]`, '--output', 'tsv'],
  ];
  const send = (method: string, ...route: Words) => [
    ...['az', 'devops', 'invoke', '--area', 'distributedtask', '--resource', 'variablegroups'],
    ...['--api-version', '5.0-preview', '--http-method', method, '--route-parameters', 'project=pipelines', ...route],
    ...['--in-file', '/dev/stdin', '--output', 'none'],
  ];
  return {
    check: ['az', 'pipelines', 'variable-group', 'list', '--project', 'pipelines', '--top', '1', '--output', 'none'],
    first: (address) => [list(address), send('POST')],
    again: (address) => [list(address), send('PUT', `groupId=id-of-${secretPath(address)}`)],
    secretPath,
  };
}

function gitlab(secretPath: StoreCommands['secretPath']): StoreCommands {
  const variable = (verb: string, address: Address, ...words: Words) => [
    ...['glab', 'variable', verb, secretPath(address), '--repo', 'acme/pipelines', ...words],
  ];
  return {
    check: ['glab', 'variable', 'list', '--repo', 'acme/pipelines'],
    first: (address) => [variable('get', address), variable('set', address, '--masked')],
    again: (address) => [variable('get', address), variable('update', address, '--masked')],
    secretPath,
  };
}

function aws(secretPath: StoreCommands['secretPath']): StoreCommands {
  const manager = (verb: string, ...words: Words) => ['aws', 'secretsmanager', verb, ...words, '--output', 'text'];
  const describe = (name: string) => manager('describe-secret', '--secret-id', name, '--query', 'ARN');
  const create = (name: string) => [
    ...['aws', 'secretsmanager', 'create-secret', '--name', name, '--description', 'MotherDuck token'],
    ...['--query', 'ARN', '--output', 'text'],
  ];
  const put = (name: string) =>
    manager('put-secret-value', '--secret-id', name, '--secret-string', 'file:///dev/stdin', '--query', 'VersionId');
  return {
    check: ['aws', 'sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'],
    first: (address) => [describe, create, put].map((words) => words(secretPath(address))),
    again: (address) => [describe, put].map((words) => words(secretPath(address))),
    secretPath,
  };
}

function google(secretPath: StoreCommands['secretPath']): StoreCommands {
  const project = ['--project', 'acme-data', '--quiet'];
  const describe = (name: string) => ['gcloud', 'secrets', 'describe', name, ...project, '--format', 'value(name)'];
  const create = (name: string) => [
    ...['gcloud', 'secrets', 'create', name, ...project, '--replication-policy', 'automatic'],
  ];
  const add = (name: string) => ['gcloud', 'secrets', 'versions', 'add', name, ...project, '--data-file=-'];
  return {
    check: ['gcloud', 'auth', 'print-access-token', '--quiet'],
    first: (address) => [describe, create, add].map((words) => words(secretPath(address))),
    again: (address) => [describe, add].map((words) => words(secretPath(address))),
    secretPath,
  };
}

function onepassword(secretPath: StoreCommands['secretPath']): StoreCommands {
  const list = ['op', 'item', 'list', '--vault', 'motherduck', '--format', 'json'];
  return {
    check: ['op', 'whoami'],
    first: () => [list, ['op', 'item', 'create', '-', '--vault', 'motherduck']],
    again: (address) => [list, ['op', 'item', 'edit', `id-of-${secretPath(address)}`, '--vault', 'motherduck']],
    secretPath,
  };
}
