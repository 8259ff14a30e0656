/**
 * What a Terraform state (version 4) has of MotherDuck: accounts, tokens with their secrets, and Duckling configurations, as
 * MotherDuck's provider and `jpig18/motherduck` write them. The text is full of secrets, and people have them in names and keys
 * too, so whatever of it may be shown has asterisks in their place.
 */
import { isCredential, maskCredentials } from '../model/credential.ts';
import { NEWER_VERSION } from '../model/hints.ts';
import type { TerraformKind } from '../model/import.ts';
import { Secret } from '../model/secret.ts';
import { UserError } from '../model/user-error.ts';

/** An instance of a MotherDuck resource in Terraform. */
export interface TerraformInstance {
  readonly kind: TerraformKind;
  /** As `terraform state list` has it: `module.tenant["acme"].motherduck_access_token.app[0]`. */
  readonly address: string;
  /** As a `removed` block names it with all of its instances: `module.tenant.motherduck_access_token.app`. */
  readonly resource: string;
  readonly username: string;
  /** Of a token. */
  readonly token?: { readonly id: string; readonly name: string; readonly secret?: Secret };
  /** Terraform would replace it (`tainted`), or delete a replaced one that remains (`deposed`). */
  readonly unfit?: 'tainted' | 'deposed';
}

/** The resources of both providers. */
const KINDS: ReadonlyMap<unknown, TerraformKind> = new Map([
  ['motherduck_service_account', 'account'],
  ['motherduck_access_token', 'token'],
  // What `jpig18/motherduck` calls it.
  ['motherduck_token', 'token'],
  ['motherduck_duckling_config', 'ducklings'],
]);

/** Reads a state. @param file Its name, for messages. @throws UserError TERRAFORM_STATE_INVALID */
export function parseTerraformState(text: string, file: string): readonly TerraformInstance[] {
  const state = document(text, file);
  refuseOthers(state, file);
  const resources = listOf(state, 'resources', file);
  const own = resources.filter(isOfMotherDuck);
  const mask = maskOf(own, file);
  const instances = own.flatMap((resource) => instancesOf(resource, mask, file));
  if (instances.length > 0) return instances;
  const hint = `Use the state of the Terraform configuration that has motherduck_service_account: in its folder, ${pullCommand(file)}`;
  throw invalid(`${file} has no accounts, tokens or Ducklings of a MotherDuck provider`, hint);
}

/**
 * What to type to write Terraform's state to a new file. Never to the file that was read, which may be of anything: the shell
 * empties it first, also where it is the state that Terraform is about to read.
 */
export function pullCommand(file: string, tool = 'terraform'): string {
  const isPulled = /(^|[/\\])pulled\.tfstate$/i.test(file);
  return `${tool} state pull > ${isPulled ? 'pulled-2' : 'pulled'}.tfstate`;
}

function invalid(message: string, hint: string): UserError {
  return new UserError('TERRAFORM_STATE_INVALID', message, hint);
}

function damaged(file: string, what: string): UserError {
  return invalid(`${file} is not a complete Terraform state: ${what}`, `Write it to a new file: ${pullCommand(file)}`);
}

type Json = Readonly<Record<string, unknown>>;

function document(text: string, file: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's error is dropped, because it quotes the text.
    throw damaged(file, text.trim() === '' ? 'it is empty' : 'it is not JSON, or its end is missing');
  }
  return objectOf(value) ?? refuse(damaged(file, 'it is not a JSON object'));
}

/** Documents that are taken for a state, each with what to type. */
function refuseOthers(state: Json, file: string): void {
  if ('encrypted_data' in state)
    throw invalid(`${file} is encrypted by OpenTofu`, `Write it decrypted: ${pullCommand(file, 'tofu')}`);
  if ('format_version' in state)
    throw invalid(
      `${file} is the output of terraform show or plan, not a state`,
      `Write the state: ${pullCommand(file)}`,
    );
  if (objectOf(state.backend) !== undefined) {
    const message = `${file} only says where Terraform keeps its state`;
    throw invalid(message, `Write the state itself: ${pullCommand(file)}`);
  }
  const { version } = state;
  if (version === 4) return;
  if (typeof version !== 'number') throw damaged(file, 'it has no version');
  if (version > 4) {
    const hint = NEWER_VERSION;
    throw invalid(`${file} has version ${version} of Terraform's states, and only 4 is known`, hint);
  }
  const hint = `Terraform 0.12 or later writes version 4: ${pullCommand(file)}`;
  throw invalid(`${file} has version ${version} of Terraform's states, and only 4 can be read`, hint);
}

/** Data sources only read, and other resources are none of ours. */
function isOfMotherDuck({ mode, type }: Json): boolean {
  return mode === 'managed' && KINDS.has(type);
}

/** Shorter ones would be parts of words. */
const SECRET_LENGTH = 16;

/** Puts asterisks in the place of credentials. */
interface Mask {
  /** Of what looks like one, and of every secret of the state. */
  readonly shown: (text: string) => string;
  /** Of what is certainly one: what MotherDuck is asked about stays as it is otherwise. */
  readonly identity: (text: string) => string;
}

function maskOf(resources: readonly Json[], file: string): Mask {
  const all = resources.flatMap((resource) =>
    listOf(resource, 'instances', file).flatMap(({ attributes }) => textOf(objectOf(attributes) ?? {}, 'token') ?? []),
  );
  const secrets = all.filter((secret) => secret.length >= SECRET_LENGTH && !isCredential(secret));
  const withoutSecrets = (text: string) =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, '*'.repeat(secret.length)), text);
  const shown = (text: string) => maskCredentials(withoutSecrets(text));
  return { shown, identity: (text) => (isCredential(text) ? shown(text) : withoutSecrets(text)) };
}

/** A name of Terraform's language; anything else is no state that Terraform wrote. */
const NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

function instancesOf(resource: Json, mask: Mask, file: string): TerraformInstance[] {
  const { module, type, name } = resource;
  const kind = KINDS.get(type);
  const hasNames = typeof name === 'string' && NAME.test(name) && (module === undefined || typeof module === 'string');
  if (kind === undefined || !hasNames) throw damaged(file, 'a resource has no name');
  const path = module === undefined ? '' : `${module}.`;
  const [full, plain] = [`${path}${type}.${name}`, mask.shown(`${withoutKeys(path)}${type}.${name}`)];
  return listOf(resource, 'instances', file).map((instance) => {
    const { index_key: key, attributes } = instance;
    const address = mask.shown(`${full}${key === undefined || key === null ? '' : `[${JSON.stringify(key)}]`}`);
    return {
      kind,
      address,
      resource: plain,
      ...unfitness(instance),
      ...facts(kind, objectOf(attributes) ?? {}, { address, mask, file }),
    };
  });
}

/** A path of modules without the keys of instances, which may contain dots and brackets: `module.a["x.y"].` */
function withoutKeys(path: string): string {
  return path.replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g, '');
}

function unfitness({ deposed, status }: Json): Pick<TerraformInstance, 'unfit'> {
  if (typeof deposed === 'string' && deposed !== '') return { unfit: 'deposed' };
  return status === 'tainted' ? { unfit: 'tainted' } : {};
}

interface Reading {
  readonly address: string;
  readonly mask: Mask;
  readonly file: string;
}

function facts(kind: TerraformKind, attributes: Json, { address, mask, file }: Reading) {
  const username = textOf(attributes, 'username') ?? (kind === 'account' ? textOf(attributes, 'id') : undefined);
  if (username === undefined) throw damaged(file, `${address} has no username`);
  const account = { username: mask.identity(username) };
  if (kind !== 'token') return account;
  const id = textOf(attributes, 'id') ?? refuse(damaged(file, `${address} has no id`));
  const secret = textOf(attributes, 'token');
  const name = mask.shown(textOf(attributes, 'name') ?? '');
  const token = { id: mask.identity(id), name, ...(secret === undefined ? {} : { secret: new Secret(secret) }) };
  return { ...account, token };
}

function listOf(object: Json, field: string, file: string): Json[] {
  const list = object[field];
  if (!Array.isArray(list)) throw damaged(file, `it has no ${field}`);
  return list.map((one) => objectOf(one) ?? refuse(damaged(file, `one of its ${field} is not a JSON object`)));
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function textOf(object: Json, field: string): string | undefined {
  const value = object[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function refuse(error: UserError): never {
  throw error;
}
