import { ApiError } from '@rhythm/api';
import type { UserInfo } from '../ports/types.ts';

/** What a header's value cannot hold (RFC 9110, 5.5): whoever put it into a name could say more than one header. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const unsayable = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/**
 * Headers by which an aggregated server knows for whom this one speaks (front-proxy headers of Kubernetes); what a client sent under these names
 * was taken away before. @throws ApiError BadRequest when a name cannot be said in a header.
 */
export function identityHeaders({ name, uid, groups, extra }: UserInfo): Record<string, string[]> {
  const headers = Object.create(null) as Record<string, string[]>;
  headers['x-remote-user'] = [sayable(name)];
  if (uid !== undefined && uid !== '') headers['x-remote-uid'] = [sayable(uid)];
  if (groups.length > 0) headers['x-remote-group'] = groups.map(sayable);
  for (const [key, values] of Object.entries(extra ?? {})) {
    const header = `x-remote-extra-${escapedKey(key)}`;
    // Keys that differ in case alone have one header together: none of their values is lost.
    if (values.length > 0) headers[header] = [...(headers[header] ?? []), ...values.map(sayable)];
  }
  return headers;
}

/** Keys are lower case and percent-encoded where a header's name could not hold them (client-go, headerKeyEscape). */
function escapedKey(key: string): string {
  const bytes = Buffer.from(key.toLowerCase());
  return [...bytes].map((byte) => (/[a-z0-9!#$&'*+.^_`|~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)).join('');
}

/** Node takes a character for a byte: what is not ASCII goes as UTF-8. */
function sayable(value: string): string {
  if (unsayable.test(value)) throw new ApiError('BadRequest', 'the name of the user, or one of its groups, cannot be passed on in a header');
  return Buffer.from(value).toString('latin1');
}
