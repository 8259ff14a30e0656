export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** How one attempt ended: with an answer, or with an error before the answer was whole. */
export type Outcome =
  | { readonly status: number; readonly retryAfter?: string | undefined }
  | { readonly error: NodeJS.ErrnoException };
