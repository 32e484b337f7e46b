/**
 * Authentication and authorisation as configuration files describe them (apiserver.config.k8s.io/v1): issuers of tokens with claims mapped by expressions, and
 * authorizers in an order of one's own. The files are parsed here and followed by `main`; `buildAuth` makes what they say.
 */
export { parseAuthenticationConfiguration, type AnonymousConfig, type AuthenticationConfiguration } from './authentication-configuration.ts';
export { parseAuthorizationConfiguration, type AuthorizationConfiguration, type AuthorizerConfig, type WebhookAuthorizerConfig } from './authorization-configuration.ts';
export { isAnonymousAllowed } from './anonymous-access.ts';
export { structuredTokens } from './structured-tokens.ts';
export { OrderedAuthorizer } from './ordered-authorizer.ts';
