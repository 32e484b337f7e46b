import { ApiError } from '@rhythm/api';
import type { Authorizer, Caller, RequestAttributes, UserInfo } from '../ports/types.ts';
import { forbidden } from './forbidden.ts';
import { anonymousUserName, authenticatedGroup, parseServiceAccountUser, serviceAccountGroups, unauthenticatedGroup } from './groups.ts';

/** Each impersonated user, group, uid and extra value is authorised by itself; more of them than this are refused. */
export const impersonatedItemsMax = 256;

const prefix = 'impersonate-';
const extraPrefix = 'impersonate-extra-';

interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/**
 * The user a request runs as: `user`, or whom its Impersonate-* headers name when `user` holds the verb `impersonate` on
 * every item of it (user impersonation of Kubernetes). Throws `ApiError` BadRequest or Forbidden.
 */
export async function impersonated(caller: Caller, user: UserInfo, authorizer: Authorizer): Promise<UserInfo> {
  const headers = caller.headersWith(prefix);
  if (headers.length === 0) return user;
  const wanted = wantedUser(headers);
  for (const attributes of itemsToAuthorize(user, wanted)) {
    const decision = await authorizer.authorize(attributes);
    if (!decision.allowed) throw forbidden(attributes, decision.reason);
  }
  return {
    name: wanted.name,
    ...(wanted.uid === '' ? {} : { uid: wanted.uid }),
    groups: completeGroups(wanted),
    ...(wanted.extra.size === 0 ? {} : { extra: Object.fromEntries(wanted.extra) }),
  };
}

function wantedUser(headers: ReadonlyArray<readonly [string, string]>): Wanted {
  if (headers.length > impersonatedItemsMax) throw new ApiError('BadRequest', `more than ${impersonatedItemsMax} impersonation headers`);
  const values = (name: string): string[] => headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const [names, uids] = [values('impersonate-user'), values('impersonate-uid')];
  const extra = new Map<string, string[]>();
  for (const [header, value] of headers) {
    const key = header.toLowerCase();
    if (key.startsWith(extraPrefix)) append(extra, decodeKey(key.slice(extraPrefix.length)), value);
    else if (!['impersonate-user', 'impersonate-uid', 'impersonate-group'].includes(key)) throw new ApiError('BadRequest', `unknown impersonation header ${JSON.stringify(key)}`);
  }
  if (names.length > 1 || uids.length > 1) throw new ApiError('BadRequest', 'more than one user to impersonate');
  if ((names[0] ?? '') === '') throw new ApiError('BadRequest', 'impersonation headers without a user to impersonate');
  return { name: names[0] ?? '', uid: uids[0] ?? '', groups: values('impersonate-group'), extra };
}

function append(extra: Map<string, string[]>, key: string, value: string): void {
  if (key === '__proto__') throw new ApiError('BadRequest', 'that key of extra is not allowed');
  const values = extra.get(key);
  if (values === undefined) extra.set(key, [value]);
  else values.push(value);
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function* itemsToAuthorize(user: UserInfo, wanted: Wanted): Generator<RequestAttributes> {
  const item = (group: string, resource: string, name: string, more: Partial<RequestAttributes> = {}): RequestAttributes => ({
    user, verb: 'impersonate', isResource: true, path: '', group, version: 'v1', resource, subresource: '', namespace: '', name, ...more,
  });
  const account = parseServiceAccountUser(wanted.name);
  yield account === undefined ? item('', 'users', wanted.name) : item('', 'serviceaccounts', account.name, { namespace: account.namespace });
  for (const group of wanted.groups) yield item('', 'groups', group);
  if (wanted.uid !== '') yield item('authentication.k8s.io', 'uids', wanted.uid);
  for (const [key, values] of wanted.extra) {
    for (const value of values) yield item('authentication.k8s.io', 'userextras', value, { subresource: key });
  }
}

function completeGroups(wanted: Wanted): string[] {
  const account = parseServiceAccountUser(wanted.name);
  const groups = wanted.groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : [...wanted.groups];
  const general = wanted.name === anonymousUserName ? unauthenticatedGroup : authenticatedGroup;
  if (!groups.includes(authenticatedGroup) && !groups.includes(unauthenticatedGroup)) groups.push(general);
  return groups;
}
