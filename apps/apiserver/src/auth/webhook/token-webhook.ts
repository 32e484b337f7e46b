import { createHash } from 'node:crypto';
import type { Clock } from '@rhythm/base';
import type { UserInfo } from '../../ports/types.ts';
import type { TokenAuthenticator, TokenUser } from '../tokens/authenticator.ts';
import { InvalidTokenError } from '../tokens/claims.ts';
import { tokenLengthMax } from '../tokens/signed-token.ts';
import { reviewWebhookLimits as limits } from './limits.ts';
import { Remembered } from './remembered.ts';
import { ReviewFailure, type ReviewClient } from './review-client.ts';

const apiVersion = 'authentication.k8s.io/v1';
const listMax = 1_000;

type Answer = { readonly known: TokenUser } | { readonly refused: string };

/**
 * Tokens that a webhook knows (TokenReview, `--authentication-token-webhook-config-file`). It is asked last; what it says is remembered by a hash of the token.
 * A webhook that does not answer lets nobody in.
 */
export function webhookTokens(client: Pick<ReviewClient, 'ask'>, apiAudiences: readonly string[], cacheMs: number, clock: Pick<Clock, 'monotonic'>): TokenAuthenticator {
  const remembered = new Remembered<Answer>(limits.answersMax, clock, (answer) => ('known' in answer ? cacheMs : Math.min(cacheMs, limits.refusedTokenMs)));
  return {
    async verify(token, audiences = apiAudiences) {
      if (token.length > tokenLengthMax) throw new InvalidTokenError('the token is too long');
      const key = createHash('sha256').update(JSON.stringify([token, audiences])).digest('base64');
      const answer = await remembered.get(key, () => ask(client, token, audiences, apiAudiences));
      if ('known' in answer) return answer.known;
      throw new InvalidTokenError(answer.refused);
    },
  };
}

async function ask(client: Pick<ReviewClient, 'ask'>, token: string, audiences: readonly string[], apiAudiences: readonly string[]): Promise<Answer> {
  let status: Readonly<Record<string, unknown>>;
  try {
    status = await client.ask({ kind: 'TokenReview', apiVersion, spec: { token, audiences } });
  } catch (error) {
    if (error instanceof ReviewFailure) throw new InvalidTokenError(error.message, { cause: error });
    throw error;
  }
  if (status['authenticated'] !== true) return { refused: 'the webhook does not know the token' };
  const user = userOf(status['user']);
  if (user === undefined) return { refused: 'the webhook knows the token and names no user' };
  // A webhook that knows nothing of audiences speaks for the API's.
  const meant = texts(status['audiences']) ?? [];
  const meantFor = audiences.filter((audience) => (meant.length === 0 ? apiAudiences : meant).includes(audience));
  return meantFor.length === 0 ? { refused: 'the webhook says that the token is meant for other audiences' } : { known: { user, audiences: meantFor } };
}

function userOf(value: unknown): UserInfo | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { username, uid, groups, extra } = value as { username?: unknown; uid?: unknown; groups?: unknown; extra?: unknown };
  const listed = texts(groups ?? []);
  if (typeof username !== 'string' || username === '' || listed === undefined || (uid !== undefined && typeof uid !== 'string')) return undefined;
  const more: Array<[string, string[]]> = [];
  if (extra !== undefined && extra !== null) {
    if (typeof extra !== 'object' || Array.isArray(extra)) return undefined;
    for (const [key, values] of Object.entries(extra)) {
      const list = texts(values);
      if (list === undefined) return undefined;
      more.push([key, list]);
    }
  }
  return { name: username, ...(uid === undefined || uid === '' ? {} : { uid }), groups: listed, ...(more.length === 0 ? {} : { extra: Object.fromEntries(more) }) };
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.length <= listMax && value.every((item) => typeof item === 'string') ? value : undefined;
}
