import type { JWTPayload } from 'jose';
import { EvaluationError, fromCel, toCel } from '@rhythm/cel';
import type { UserInfo } from '../../ports/types.ts';
import { InvalidTokenError } from '../tokens/claims.ts';
import type { ClaimMapping, JwtIssuerConfig } from './authentication-configuration.ts';
import { claimsType, evaluator, userType } from './expressions.ts';
import { structuredLimits as limits } from './limits.ts';

type Evaluate = ReturnType<typeof evaluator>;

/** The user that verified claims stand for. @throws InvalidTokenError when a rule refuses them, or they name nobody. */
export function userOfClaims(claims: JWTPayload, config: JwtIssuerConfig): UserInfo {
  try {
    const evaluate = evaluator({ claims: toCel(claims, claimsType) });
    const user = mapped(claims, config, evaluate);
    requireClaims(claims, config, evaluate);
    requireUser(user, config);
    return user;
  } catch (error) {
    if (error instanceof EvaluationError) throw new InvalidTokenError(`an expression about the identity token failed: ${error.message}`, { cause: error });
    throw error;
  }
}

function mapped(claims: JWTPayload, config: JwtIssuerConfig, evaluate: Evaluate): UserInfo {
  const { username, groups, uid } = config;
  const name = textOf(claims, username, 'username', evaluate);
  if ('claim' in username && username.claim === 'email' && (claimOf(claims, 'email_verified') ?? true) !== true) throw new InvalidTokenError('the e-mail address of the identity token is not verified');
  const id = uid === undefined ? '' : textOf(claims, uid, 'uid', evaluate);
  const extra = config.extra.flatMap(({ key, program }) => {
    const values = list(fromCel(evaluate(program)), key).filter((value) => value !== '');
    return values.length === 0 ? [] : [[key, values] as const];
  });
  return {
    name,
    groups: groups === undefined ? [] : groupsOf(claims, groups, evaluate),
    ...(id === '' ? {} : { uid: id }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

/** A name or uid, which must be there. */
function textOf(claims: JWTPayload, mapping: ClaimMapping, what: string, evaluate: Evaluate): string {
  const value: unknown = 'claim' in mapping ? claimOf(claims, mapping.claim) : evaluate(mapping.program);
  if (typeof value !== 'string' || value === '') throw new InvalidTokenError(`the identity token gives no ${what}`);
  return 'claim' in mapping ? `${mapping.prefix}${value}` : value;
}

function groupsOf(claims: JWTPayload, mapping: ClaimMapping, evaluate: Evaluate): string[] {
  if ('claim' in mapping) return list(claimOf(claims, mapping.claim), mapping.claim).map((group) => `${mapping.prefix}${group}`);
  return list(fromCel(evaluate(mapping.program)), 'groups').filter((group) => group !== '');
}

function list(value: unknown, what: string): string[] {
  const all = value === null || value === undefined ? [] : typeof value === 'string' ? [value] : value;
  if (!Array.isArray(all) || all.length > limits.groupsMax || !all.every((one) => typeof one === 'string')) throw new InvalidTokenError(`${JSON.stringify(what)} of the identity token is no text or list of texts`);
  return all;
}

function requireClaims(claims: JWTPayload, { claimRules }: JwtIssuerConfig, evaluate: Evaluate): void {
  for (const rule of claimRules) {
    if ('claim' in rule) {
      if (claimOf(claims, rule.claim) !== rule.value) throw new InvalidTokenError(`the claim ${JSON.stringify(rule.claim)} of the identity token is not as required`);
    } else if (evaluate(rule.program) !== true) throw refusal(rule);
  }
}

function requireUser(user: UserInfo, { userRules }: JwtIssuerConfig): void {
  if (userRules.length === 0) return;
  const evaluate = evaluator({ user: toCel({ username: user.name, uid: user.uid ?? '', groups: [...user.groups], extra: user.extra ?? {} }, userType) });
  for (const rule of userRules) if (evaluate(rule.program) !== true) throw refusal(rule);
}

function refusal({ message, program }: JwtIssuerConfig['userRules'][number]): InvalidTokenError {
  return new InvalidTokenError(message === '' ? `validation expression '${program.source}' failed` : `validation expression '${program.source}' failed: ${message}`);
}

function claimOf(claims: JWTPayload, claim: string): unknown {
  return Object.hasOwn(claims, claim) ? claims[claim] : undefined;
}
