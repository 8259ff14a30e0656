/** `kind: gcs`: the state in a bucket of Google Cloud Storage. */
import { LOOPBACK, PREFIX, textFields } from '../cloud-fields.ts';
import { objectBackend } from '../object-backend.ts';
import { optionalPackage } from '../optional-package.ts';
import type { StateKind } from '../state-kind.ts';

/** The kind `gcs`. */
export const gcs: StateKind = {
  kind: 'gcs',
  schema: {
    is: 'a bucket of Google Cloud Storage',
    description: 'The state in a bucket of Google Cloud Storage.',
    about:
      'gcs: the state is shared, in a bucket of Google Cloud Storage. Credentials are the application default credentials: gcloud auth application-default login, GOOGLE_APPLICATION_CREDENTIALS, a workload identity. They need roles/storage.objectUser on the bucket.',
    required: ['bucket'],
    properties: {
      bucket: {
        title: "a bucket's name: lower-case letters, digits, - _ and .",
        description: 'The bucket, which must exist. Turn on its versioning, to be able to restore an older state.',
        type: 'string',
        pattern: '^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$',
        examples: ['acme-platform'],
      },
      prefix: PREFIX,
      endpoint: {
        title: 'the address of an emulator on this computer, as http://127.0.0.1:9023',
        description: 'The address of an emulator on this computer, which is sent no credentials. Left out: Google.',
        type: 'string',
        pattern: `^${LOOPBACK}/?$`,
        examples: ['http://127.0.0.1:9023'],
      },
    },
  },

  async open(config, { env }) {
    const [sdk, { openGcs }] = await Promise.all([
      optionalPackage(() => import('@google-cloud/storage'), 'gcs', ['@google-cloud/storage']),
      import('./gcs/store.ts'),
    ]);
    const { bucket = '', prefix, endpoint } = textFields(config);
    return objectBackend(openGcs(sdk, { bucket, prefix, endpoint }, env));
  },
};
