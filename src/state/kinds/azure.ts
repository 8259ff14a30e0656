/** `kind: azure`: the state in a container of Azure Blob Storage. */
import type { StateConfig } from '../../model/desired.ts';
import { showNode } from '../../yaml/describe-node.ts';
import type { Problems } from '../../yaml/problems.ts';
import { child, fromEnvironment, type Node } from '../../yaml/tree.ts';
import { LOOPBACK, PREFIX, textFields } from '../cloud-fields.ts';
import { objectBackend } from '../object-backend.ts';
import { optionalPackage } from '../optional-package.ts';
import type { StateKind } from '../state-kind.ts';
import { ACCOUNT_HOST } from './azure/clouds.ts';

const PACKAGES = ['@azure/storage-blob', '@azure/identity'];

/** The kind `azure`. */
export const azure: StateKind = {
  kind: 'azure',
  schema: {
    is: 'a container of Azure Blob Storage',
    description: 'The state in a container of Azure Blob Storage.',
    about:
      'azure: the state is shared, in a container of Azure Blob Storage. Credentials are a login that the Azure tools find (az login, AZURE_CLIENT_ID and the like, a workload or managed identity) with the role Storage Blob Data Contributor; or AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_KEY.',
    required: ['account', 'container'],
    properties: {
      account: {
        title: "a storage account's name: 3 to 24 lower-case letters and digits",
        description: 'The storage account.',
        type: 'string',
        pattern: '^[a-z0-9]{3,24}$',
        examples: ['acmeplatform'],
      },
      container: {
        title: "a container's name: 3 to 63 lower-case letters, digits and -",
        description: 'The container, which must exist. Turn on blob versioning, to be able to restore an older state.',
        type: 'string',
        pattern: '^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$',
        examples: ['motherduck'],
      },
      prefix: PREFIX,
      endpoint: {
        title: "the address of the storage account in one of Microsoft's clouds, or of an emulator on this computer",
        description:
          "The address of the storage account in another of Microsoft's clouds, as https://acmeplatform.blob.core.usgovcloudapi.net; or of an emulator on this computer, as http://127.0.0.1:10000/devstoreaccount1. Left out: https://ACCOUNT.blob.core.windows.net.",
        type: 'string',
        pattern: `^(${ACCOUNT_HOST}|${LOOPBACK}/[a-z0-9]{3,24})/?$`,
        examples: ['https://acmeplatform.blob.core.usgovcloudapi.net'],
      },
    },
  },

  check: (config, block, problems) => checkEndpoint(config, child(block, 'endpoint'), problems),

  async open(config, { env }) {
    const [blobs, { openAzure }] = await Promise.all([
      optionalPackage(() => import('@azure/storage-blob'), 'azure', PACKAGES),
      import('./azure/store.ts'),
    ]);
    const identity = () => optionalPackage(() => import('@azure/identity'), 'azure', PACKAGES);
    const { account = '', container = '', prefix, endpoint } = textFields(config);
    return objectBackend(await openAzure({ blobs, identity }, { account, container, prefix, endpoint }, env));
  },
};

/** Reports the address of another account: output would name the wrong one. */
function checkEndpoint(config: StateConfig, node: Node | undefined, problems: Problems): void {
  const { account, endpoint = '' } = textFields(config);
  const named =
    new RegExp(`^${LOOPBACK}/([a-z0-9]+)`).exec(endpoint)?.at(-1) ?? /^https:\/\/([a-z0-9]+)/.exec(endpoint)?.[1];
  if (node === undefined || account === undefined || named === undefined || named === account) return;
  const hint = `write the address of ${account}, or account: ${named}`;
  problems.error(
    'bad-value',
    node.at,
    `${showNode(node)} is not of the storage account ${account}`,
    fromEnvironment(node) ? {} : { hint },
  );
}
