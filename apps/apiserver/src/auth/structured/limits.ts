/** What configuration files of authentication and authorisation may cost, with units in the names. */
export const structuredLimits = {
  /** Kubernetes' own cap of issuers. */
  issuersMax: 64,
  authorizersMax: 64,
  rulesMax: 64,
  /** Units of expressions for one token, or for the conditions of one authorizer and request. */
  expressionsCostMax: 2_500_000,
  groupsMax: 1_000,
  /** Kubernetes' own cap of a webhook's timeout. */
  webhookTimeoutMsMax: 30_000,
  /** Clients of webhooks that are no longer configured stay open for questions under way. */
  lingerMs: 30_000,
} as const;
