import type { Authorizer } from '../ports/types.ts';

/** Allows what the first allows that has an opinion; one may deny for all that come after it. What none allows is denied with all that they say about it. */
export function anyOf(authorizers: readonly Authorizer[]): Authorizer {
  return {
    async authorize(attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = await authorizer.authorize(attributes);
        if (decision.allowed) return decision;
        if (decision.reason !== '') reasons.push(decision.reason);
        if (decision.isFinal === true) break;
      }
      return { allowed: false, reason: reasons.join(', ') };
    },
    async rulesFor(user, namespace) {
      const all = await Promise.all(authorizers.map((authorizer) => authorizer.rulesFor(user, namespace)));
      return { resourceRules: all.flatMap((rules) => rules.resourceRules), nonResourceRules: all.flatMap((rules) => rules.nonResourceRules), incomplete: all.some((rules) => rules.incomplete) };
    },
  };
}
