import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '@rhythm/api/types/core-v1';
import { parseTime, type Clock } from '@rhythm/base';
import type { ObjectReader } from '../../ports/types.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { InvalidTokenError } from './claims.ts';

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const group = 'system:bootstrappers';

/**
 * Tokens by which a machine introduces itself before it has a certificate: `ID.SECRET`, kept in Secrets of kube-system
 * (Kubernetes' bootstrap tokens). They open the API to `system:bootstrap:ID`, who may ask for a certificate and little else.
 */
export function bootstrapTokens(apiAudiences: readonly string[], reader: ObjectReader, clock: Pick<Clock, 'now'>): TokenAuthenticator {
  return {
    async verify(token, audiences = apiAudiences) {
      const [, id, secret] = form.exec(token) ?? [];
      if (id === undefined || secret === undefined) return undefined;
      const meantFor = audiences.filter((audience) => apiAudiences.includes(audience));
      if (meantFor.length === 0) throw new InvalidTokenError('a bootstrap token is for the API only');
      const stored = await reader.get<Secret>('', 'secrets', 'kube-system', `bootstrap-token-${id}`);
      const data = (key: string): string => Buffer.from(stored?.data?.[key] ?? '', 'base64').toString('utf8');
      // One text for all that is wrong: who guesses learns nothing of which ids there are.
      const known = stored !== undefined && stored.type === 'bootstrap.kubernetes.io/token' && stored.metadata.deletionTimestamp === undefined && data('token-id') === id;
      if (!known || !sameSecret(data('token-secret'), secret)) throw new InvalidTokenError('the bootstrap token is not known');
      const expiration = data('expiration');
      // An expiration that cannot be read has passed.
      if (expiration !== '' && (parseTime(expiration) ?? 0) <= clock.now()) throw new InvalidTokenError('the bootstrap token has expired');
      if (data('usage-bootstrap-authentication') !== 'true') throw new InvalidTokenError('the bootstrap token is not for authentication');
      return { user: { name: `system:bootstrap:${id}`, groups: [group, ...extraGroups(data('auth-extra-groups'))] }, audiences: meantFor };
    },
  };
}

function extraGroups(text: string): string[] {
  const groups = text === '' ? [] : text.split(',');
  for (const extra of groups) if (!extraGroup.test(extra)) throw new InvalidTokenError('the bootstrap token names a group that is not one of bootstrappers');
  return [...new Set(groups)].toSorted();
}

function sameSecret(stored: string, given: string): boolean {
  const [a, b] = [Buffer.from(stored), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
