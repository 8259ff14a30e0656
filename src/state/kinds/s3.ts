/** `kind: s3`: the state in a bucket of Amazon S3, or of a service with the same interface. */
import type { StateConfig } from '../../model/desired.ts';
import { isLoopback } from '../../motherduck/address.ts';
import { showNode } from '../../yaml/describe-node.ts';
import type { Problems } from '../../yaml/problems.ts';
import { child, fromEnvironment, type Node, textOf } from '../../yaml/tree.ts';
import { PREFIX, textFields } from '../cloud-fields.ts';
import { objectBackend } from '../object-backend.ts';
import { optionalPackage } from '../optional-package.ts';
import type { StateKind } from '../state-kind.ts';

/** The kind `s3`. */
export const s3: StateKind = {
  kind: 's3',
  schema: {
    is: 'a bucket of Amazon S3 or of a compatible service',
    description: 'The state in a bucket of Amazon S3, or of a compatible service with conditional writes.',
    about:
      's3: the state is shared, in a bucket of Amazon S3 or of a compatible service. Credentials come from where the AWS tools find them: AWS_ACCESS_KEY_ID, AWS_PROFILE, a role. They need s3:GetObject, s3:PutObject and s3:DeleteObject below the prefix, and s3:ListBucket on the bucket.',
    required: ['bucket'],
    properties: {
      bucket: {
        title: "a bucket's name: 3 to 63 lower-case letters, digits, - and .",
        description: 'The bucket, which must exist. Turn on its versioning, to be able to restore an older state.',
        type: 'string',
        pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
        examples: ['acme-platform'],
      },
      prefix: PREFIX,
      region: {
        title: 'a region such as eu-central-1',
        description:
          "The bucket's region. Left out: AWS_REGION or the profile's; with an endpoint us-east-1, which most compatible services expect.",
        type: 'string',
        pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
        examples: ['eu-central-1'],
      },
      endpoint: {
        title: 'an address such as https://s3.example.com',
        description:
          'The address of a compatible service, such as Cloudflare R2, Ceph, MinIO or SeaweedFS. Left out: Amazon S3.',
        type: 'string',
        minLength: 1,
        examples: ['https://s3.example.com'],
      },
      path_style: {
        description:
          "Whether the bucket's name is in the path of an address, not in its host. The default is true with an endpoint, and false without.",
        type: 'boolean',
      },
    },
  },

  check: (_, block, problems) => checkEndpoint(child(block, 'endpoint'), problems),

  async open(config: StateConfig, { env, http }) {
    const [sdk, { openS3 }] = await Promise.all([
      optionalPackage(() => import('@aws-sdk/client-s3'), 's3', ['@aws-sdk/client-s3']),
      import('./s3/store.ts'),
    ]);
    const { bucket = '', prefix, region, endpoint } = textFields(config);
    // The SDK takes the address of a compatible service from the environment too.
    const address = endpoint ?? (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined);
    const pathStyle = config.path_style === undefined ? address !== undefined : config.path_style === true;
    const location = { bucket, prefix, region, endpoint, address, pathStyle };
    return objectBackend(openS3(sdk, location, await http(), env));
  },
};

/** Reports an endpoint that is no address, or not encrypted: the state names every account. */
function checkEndpoint(node: Node | undefined, problems: Problems): void {
  const text = textOf(node);
  if (node === undefined || text === undefined) return;
  const problem = problemOf(text);
  if (problem === undefined) return;
  const [what, hint] = problem;
  problems.error('bad-value', node.at, `${showNode(node)} ${what}`, fromEnvironment(node) ? {} : { hint });
}

function problemOf(text: string): readonly [what: string, hint: string] | undefined {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return ['is not an address', 'write it like https://s3.example.com'];
  if (url.username !== '' || url.password !== '') {
    return ['has credentials', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment instead'];
  }
  if (url.pathname !== '/' || /[?#]/.test(text)) {
    return ['has more than a host and a port', `write ${url.origin}, and the bucket as bucket:`];
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return ['is not encrypted', `write https://${url.host}; http: is for this machine alone`];
  }
  return undefined;
}
