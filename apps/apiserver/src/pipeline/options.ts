import { ApiError, toApiError } from '@rhythm/api';
import { limits } from '../limits.ts';
import type { RequestOptions } from '../ports/types.ts';

/** The same for a face: what is wrong with them is to be told later, to those who may ask at all. */
export function readOptions(query: URLSearchParams | undefined): { readonly options: RequestOptions; readonly refusal?: ApiError } {
  // Most writes say none.
  if (query === undefined || query.size === 0) return { options: {} };
  try {
    return { options: parseOptions(query) };
  } catch (error) {
    return { options: {}, refusal: toApiError(error) };
  }
}

/** The options of a request, from its query. @throws ApiError BadRequest for a value that is not what it should be. */
export function parseOptions(query: URLSearchParams): RequestOptions {
  const text = (name: string): string | undefined => query.get(name) ?? undefined;
  const selector = (name: string): string | undefined => {
    const value = text(name);
    if (value !== undefined && value.length > limits.selectorBytesMax) throw new ApiError('BadRequest', `${name} is longer than ${limits.selectorBytesMax} bytes`);
    return value;
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined || value === '') return undefined;
    if (!/^-?\d{1,15}$/.test(value)) throw new ApiError('BadRequest', `${name}: ${JSON.stringify(value.slice(0, 64))} is not a number`);
    return Number(value);
  };
  const flag = (name: string): boolean | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    return value.toLowerCase() !== 'false' && value !== '0';
  };
  const dryRun = query.getAll('dryRun');
  return {
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text('resourceVersionMatch'),
    labelSelector: selector('labelSelector'),
    fieldSelector: selector('fieldSelector'),
    limit: number('limit'),
    continue: text('continue'),
    allowWatchBookmarks: flag('allowWatchBookmarks'),
    sendInitialEvents: flag('sendInitialEvents'),
    timeoutSeconds: number('timeoutSeconds'),
    dryRun: dryRun.length === 0 ? undefined : dryRun,
    fieldManager: text('fieldManager'),
    fieldValidation: text('fieldValidation'),
    force: flag('force'),
    gracePeriodSeconds: number('gracePeriodSeconds'),
    propagationPolicy: text('propagationPolicy'),
    orphanDependents: flag('orphanDependents'),
    uid: text('uid'),
  };
}
