/** Users and rights that a webhook knows: TokenReview and SubjectAccessReview of v1 over HTTPS, where a kubeconfig file says. Imports the kinds of tokens and the pipeline's ports. */
export { webhookAuthorizer, type AccessCacheTimes } from './access-webhook.ts';
export { webhookEndpoint, type WebhookEndpoint } from './kubeconfig.ts';
export { ReviewClient } from './review-client.ts';
export { webhookTokens } from './token-webhook.ts';
