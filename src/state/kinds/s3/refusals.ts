/** What is wrong when a bucket refuses a request, and what to do. The service's own texts are not shown. */
import { UserError } from '../../../model/user-error.ts';
import { UnsureError } from '../../object-store.ts';

/** By the permission that it needs. */
export type S3Operation = 's3:GetObject' | 's3:PutObject' | 's3:DeleteObject' | 's3:ListBucket';

/** What was tried. */
interface S3Attempt {
  readonly name: string;
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Whether AWS_PROFILE is set. */
  readonly hasProfile: boolean;
  readonly operation: S3Operation;
}

/** A failed request as the SDK throws it. */
interface S3Failure {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly Code?: unknown;
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
}

/** Whether the service answered with a status, or an error of this name. */
export function isAnsweredWith(error: unknown, what: number | string): boolean {
  return typeof what === 'number' ? statusOf(error) === what : s3Code(error) === what;
}

/** The request may have taken effect, or succeeds soon. */
const PASSING: readonly string[] = [
  ...['InternalError', 'SlowDown', 'ServiceUnavailable', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded'],
  ...['ConditionalRequestConflict', 'OperationAborted', 'RequestTimeout', 'RequestTimeTooSkewed', 'TooManyRequests'],
];
const UNKNOWN_CREDENTIALS: readonly string[] = [
  ...[
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'InvalidToken',
    'InvalidClientTokenId',
    'UnrecognizedClientException',
  ],
  ...['InvalidIdentityToken', 'AuthFailure', 'Unauthorized'],
];
const REDIRECTS: readonly string[] = [
  ...['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException', 'TemporaryRedirect'],
];

/** The error for a request without success. @returns UnsureError when it is to be repeated. */
export function s3Error(error: unknown, attempt: S3Attempt): unknown {
  const own = ownError(error);
  if (own !== undefined) return own;
  if (!(error instanceof Error)) return error;
  const status = statusOf(error);
  const code = s3Code(error);
  const { name, bucket, endpoint, hasProfile } = attempt;
  const told = [status, code].filter((each) => each !== undefined && each !== '').join(' ');
  const refused = (what: string, hint: string) =>
    new UserError('STATE_UNREACHABLE', `${name}: ${what}`, hint, { cause: new Error(told) });

  const isPassing =
    PASSING.includes(code) || status === 429 || (status !== undefined && status >= 500 && status !== 501);
  if (isPassing || status === 408 || status === 409) return new UnsureError(`the service answered ${told}`);
  if (isExpired(error, code)) {
    return refused(
      `the AWS credentials have expired (${told})`,
      'Sign in again (aws sso login, or what your organization uses), then run the command again. In CI, get the credentials within the same job.',
    );
  }
  if (isWithoutCredentials(error)) {
    return refused(
      `no usable AWS credentials were found (${told})`,
      hasProfile
        ? 'Check the profile that AWS_PROFILE names (aws configure list-profiles), and sign in where it needs that: aws sso login. To check: aws sts get-caller-identity'
        : 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE after aws configure or aws sso login. In GitHub Actions: aws-actions/configure-aws-credentials with role-to-assume. To check: aws sts get-caller-identity',
    );
  }
  if (/region is missing/i.test(error.message)) {
    return refused(
      'its region is not known',
      'Write region: eu-central-1, or where the bucket is, in the block state.',
    );
  }
  if (UNKNOWN_CREDENTIALS.includes(code)) {
    const where = endpoint === undefined ? 'AWS' : endpoint;
    return refused(
      `${where} does not accept the credentials (${told})`,
      `Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile in AWS_PROFILE${endpoint === undefined ? '. To check: aws sts get-caller-identity' : `: they must be those of ${where}`}.`,
    );
  }
  const region = otherRegion(error, attempt);
  if (region !== undefined || REDIRECTS.includes(code) || (status !== undefined && status >= 300 && status < 400)) {
    const find = endpoint === undefined ? ` To find it: aws s3api get-bucket-location --bucket ${bucket}` : '';
    return refused(
      `the bucket is ${region === undefined ? 'in another region' : `in the region ${region}`}${attempt.region === undefined ? '' : `, not ${attempt.region}`} (${told})`,
      region === undefined
        ? `Write its region in the block state of the configuration.${find}`
        : `Write region: ${region} in the block state of the configuration.`,
    );
  }
  if (code === 'NoSuchBucket' || (status === 404 && attempt.operation === 's3:ListBucket')) {
    const at = endpoint === undefined ? '' : ` --endpoint-url ${endpoint}`;
    const inRegion = attempt.region === undefined ? '' : ` --region ${attempt.region}`;
    return refused(
      `the bucket ${bucket} does not exist`,
      `Correct state.bucket, or create it: aws s3 mb s3://${bucket}${inRegion}${at}`,
    );
  }
  if (status === 403 || code === 'AccessDenied' || code === 'AllAccessDisabled') return denied(error, told, attempt);
  if (status === 501) {
    return refused(
      'the service does not know conditional writes (If-None-Match), which a shared state needs (501)',
      'Use a newer version of the service, another service, or another kind of state.',
    );
  }
  if (status === undefined) return new UnsureError(told === '' ? 'the connection failed' : told);
  return refused(
    `the service answered ${told}, which is not expected`,
    `Check bucket, region, endpoint and path_style in the block state${endpoint === undefined ? '' : `, and that ${endpoint} speaks the S3 interface`}.`,
  );
}

/** An error of the program's own HTTP client, which the SDK may have wrapped. */
function ownError(error: unknown): UserError | UnsureError | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth++) {
    if (each instanceof UserError || each instanceof UnsureError) return each;
  }
  return undefined;
}

function denied(error: Error, told: string, { name, bucket, prefix, operation, endpoint }: S3Attempt): UserError {
  // AWS names the permission, which may be one for the key that encrypts the bucket.
  const named = /to perform: ([a-z0-9-]{1,30}:[A-Za-z0-9]{1,60})\b/.exec(error.message)?.[1];
  const permission = named ?? operation;
  // Without s3:ListBucket, AWS denies to read an object that does not exist.
  const also = permission === 's3:GetObject' ? ' or s3:ListBucket' : '';
  const objects = `arn:aws:s3:::${bucket}/${prefix === undefined ? '' : `${prefix}/`}*`;
  const all = `s3:GetObject, s3:PutObject and s3:DeleteObject on ${objects}, and s3:ListBucket on arn:aws:s3:::${bucket}`;
  const key = permission.startsWith('kms:') ? `Allow ${permission} on the key that encrypts the bucket. ` : '';
  const who = endpoint === undefined ? ' To see whose credentials these are: aws sts get-caller-identity' : '';
  return new UserError(
    'STATE_UNREACHABLE',
    `${name}: the permission ${permission}${also} is missing (${told})`,
    `${key}A state needs ${all}.${who}`,
    { cause: new Error(told) },
  );
}

/** The bucket's region, where the service names another one. */
function otherRegion(error: unknown, { region }: S3Attempt): string | undefined {
  const { Region, $response } = error as S3Failure;
  const named = $response?.headers?.['x-amz-bucket-region'] ?? Region;
  const isName = typeof named === 'string' && /^[a-z]{2}[a-z0-9-]{1,40}$/.test(named);
  return isName && named !== region ? named : undefined;
}

function isExpired(error: Error, code: string): boolean {
  if (/^(ExpiredToken|ExpiredTokenException|TokenRefreshRequired|RequestExpired)$/.test(code)) return true;
  return /Provider|Token|SSO/.test(error.name) && /expired|aws sso login/i.test(error.message);
}

function isWithoutCredentials(error: Error): boolean {
  return (
    /^(CredentialsProviderError|ProviderError|TokenProviderError)$/.test(error.name) ||
    /^(Resolved credential object is not valid|Credential is missing)/.test(error.message)
  );
}

function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = error as S3Failure;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** The service's name of an error; one of the library itself otherwise. */
function s3Code(error: unknown): string {
  const { name, Code } = error as S3Failure;
  const code = typeof Code === 'string' ? Code : name;
  return typeof code === 'string' && /^[A-Za-z0-9_.]{1,60}$/.test(code) && !/^(Error|Unknown|UnknownError)$/.test(code)
    ? code
    : '';
}
