/**
 * Who asks, and may they: client certificates, service-account tokens, impersonation, RBAC with its bootstrap roles, and
 * the review kinds. Imports the pipeline's port types and nothing else of the apiserver.
 *
 * The pipeline calls `authenticator.authenticate(caller)`; `undefined` means no credential: then `anonymous(path)` gives
 * the anonymous user of the few open paths, and everything else is `unauthorized()`. After that
 * `authorizer.authorize(attributes)`, and `forbidden(attributes, reason)` when it says no. A request on one object by the
 * field selector `metadata.name=x` carries that name, as RBAC's resourceNames expect.
 */
import type { Live } from '@rhythm/base';
import type { ResourceHandler } from '../ports/handlers.ts';
import type { AdmissionStep, Authenticator, Authorizer, ObjectReader, UserInfo } from '../ports/types.ts';
import { anyOf } from './any-of.ts';
import { anonymousPathsByDefault, anonymousUser } from './anonymous.ts';
import { credentialAuthenticator } from './credentials.ts';
import { NodeAuthorizer } from './node/node-authorizer.ts';
import { NodeGraph } from './node/node-graph.ts';
import { oidcTokens, type OidcConfig } from './oidc/oidc.ts';
import type { FrontProxy } from './front-proxy.ts';
import type { AuthPorts, ObjectWriter } from './ports.ts';
import { RbacAuthorizer } from './rbac/authorizer.ts';
import { escalationStep } from './rbac/escalation.ts';
import { LiveSubjectIndex } from './rbac/live-index.ts';
import { keepAggregated, reconcileBootstrap } from './rbac/reconcile.ts';
import { localSubjectAccessReview, selfSubjectAccessReview, selfSubjectRulesReview, subjectAccessReview } from './reviews/access.ts';
import { isAnonymousAllowed, OrderedAuthorizer, structuredTokens, type AuthenticationConfiguration, type AuthorizationConfiguration } from './structured/index.ts';
import { selfSubjectReview, tokenReview } from './reviews/authentication.ts';
import type { CreateOnlyHandler } from './reviews/handler.ts';
import { firstToKnow } from './tokens/authenticator.ts';
import { bootstrapTokens } from './tokens/bootstrap-token.ts';
import { keySet, tokenKeysFromPem } from './tokens/keys.ts';
import { tokenRequestHandler } from './tokens/request.ts';
import { TokenVerifier } from './tokens/verifier.ts';
import { ReviewClient, webhookAuthorizer, webhookTokens, type AccessCacheTimes, type WebhookEndpoint } from './webhook/index.ts';

export { FrontProxy, frontProxyHeadersByDefault, type FrontProxyConfig } from './front-proxy.ts';
export { webhookEndpoint } from './webhook/index.ts';
export type { OidcConfig } from './oidc/oidc.ts';
export type { PodsOfNode } from './node/node-graph.ts';
export type { AuthPorts, ObjectWriter, ResourceChanges } from './ports.ts';
export type { CreateOnlyHandler, CreateOnlyRequest } from './reviews/handler.ts';
export { forbidden, forbiddenObject, refusalText } from './forbidden.ts';
export { unauthorized } from './credentials.ts';
export { anonymousUser } from './anonymous.ts';
export { mastersGroup, nodesGroup } from './groups.ts';

export interface TokenWebhookConfig {
  readonly endpoint: WebhookEndpoint;
  /** How long its answers are good; 0: for one question. */
  readonly cacheMs: number;
}

export interface AccessWebhookConfig extends AccessCacheTimes {
  readonly endpoint: WebhookEndpoint;
}

export interface AuthConfig {
  /** Private P-256 key in PEM, which signs and verifies service-account tokens; others behind it verify as well. */
  readonly serviceAccountKey: string;
  readonly issuer: string;
  /** What tokens for this API are meant for; the issuer when empty. */
  readonly audiences?: readonly string[];
  /** Where `/openid/v1/jwks` is found, for the discovery document; the issuer's own when absent. */
  readonly jwksUri?: string;
  /** Whose identity tokens are accepted besides. */
  readonly oidc?: OidcConfig;
  /** Issuers of tokens by a configuration, instead of `oidc`; and whether callers may come without a credential. */
  readonly authentication?: Live<AuthenticationConfiguration>;
  /** Who is asked what is allowed, by a configuration: instead of Node, RBAC and `accessWebhook`. */
  readonly authorization?: Live<AuthorizationConfiguration>;
  /** A webhook that is asked about tokens which nobody else knows. */
  readonly tokenWebhook?: TokenWebhookConfig;
  /** A webhook that is asked about what neither roles nor the node authorizer allow. */
  readonly accessWebhook?: AccessWebhookConfig;
  /** Proxies that speak for their callers; without it those headers mean nothing. */
  readonly frontProxy?: FrontProxy;
  /** Paths served without a credential; those of health and version when absent. */
  readonly anonymousPaths?: readonly string[];
}

export interface Auth {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** The anonymous user where `path` is open to it, else `undefined`. */
  anonymous(path: string): UserInfo | undefined;
  /** Refuses roles and bindings that grant more than their writer holds; a validating step. */
  readonly escalation: AdmissionStep;
  /** Create-only kinds by `group/resource`, and `/serviceaccounts/token` (core group, so before the slash is nothing). */
  readonly createOnly: ReadonlyMap<string, CreateOnlyHandler>;
  /** The same as handlers of the pipeline. */
  readonly handlers: readonly ResourceHandler[];
  /** JSON documents served at these paths, content type `application/jwk-set+json` for the key set, else `application/json`. */
  readonly documents: ReadonlyMap<string, { readonly contentType: string; readonly body: string }>;
  /** Other keys for tokens. @throws when they are none; then nothing changes. */
  setServiceAccountKey(pem: string): void;
  /** Brings the bootstrap roles and bindings in place, then keeps aggregated roles true. To await before serving. */
  bootstrap(writer: ObjectWriter): Promise<void>;
  stop(): void;
}

/** Builds authentication and authorisation on what the watch cache knows. Throws when the key is not usable. */
export function buildAuth(config: AuthConfig, reader: ObjectReader, ports: AuthPorts): Auth {
  let keys = tokenKeysFromPem(config.serviceAccountKey);
  const audiences = (config.audiences ?? []).length === 0 ? [config.issuer] : (config.audiences ?? []);
  const tokens = {
    issuer: config.issuer,
    audiences,
    get keys() {
      return keys;
    },
  };
  const asked = config.tokenWebhook === undefined ? undefined : new ReviewClient(config.tokenWebhook.endpoint, ports);
  const accessAsked = config.accessWebhook === undefined ? undefined : new ReviewClient(config.accessWebhook.endpoint, ports);
  const structured = config.authentication === undefined ? undefined : structuredTokens(config.authentication, audiences, ports);
  const verifier = firstToKnow([new TokenVerifier(tokens, reader, ports.clock), bootstrapTokens(audiences, reader, ports.clock), ...(config.oidc === undefined ? [] : [oidcTokens(config.oidc, audiences, ports)]), ...(structured === undefined ? [] : [structured.tokens]), ...(asked === undefined || config.tokenWebhook === undefined ? [] : [webhookTokens(asked, audiences, config.tokenWebhook.cacheMs, ports.clock)])]);
  const index = new LiveSubjectIndex(reader, ports.changes);
  const rbac = new RbacAuthorizer(index);
  const node = ports.podsOf === undefined ? undefined : new NodeAuthorizer(new NodeGraph(ports.podsOf, reader), reader);
  const ordered = config.authorization === undefined ? undefined : new OrderedAuthorizer(config.authorization, { ...ports, node, rbac });
  const authorizer = ordered ?? anyOf([
    ...(node === undefined ? [] : [node]),
    rbac,
    ...(accessAsked === undefined || config.accessWebhook === undefined ? [] : [webhookAuthorizer(accessAsked, config.accessWebhook, ports)]),
  ]);
  const open = config.anonymousPaths ?? anonymousPathsByDefault;
  let stopAggregation = (): void => undefined;
  const createOnly = new Map<string, CreateOnlyHandler>([
    ['authorization.k8s.io/selfsubjectaccessreviews', selfSubjectAccessReview(authorizer)],
    ['authorization.k8s.io/subjectaccessreviews', subjectAccessReview(authorizer)],
    ['authorization.k8s.io/localsubjectaccessreviews', localSubjectAccessReview(authorizer)],
    ['authorization.k8s.io/selfsubjectrulesreviews', selfSubjectRulesReview(authorizer)],
    ['authentication.k8s.io/selfsubjectreviews', selfSubjectReview(ports.clock)],
    ['authentication.k8s.io/tokenreviews', tokenReview(verifier)],
    ['/serviceaccounts/token', tokenRequestHandler(tokens, reader, ports.clock, ports.random)],
  ]);
  return {
    authenticator: orAnonymous(credentialAuthenticator(verifier, authorizer, ports.log, config.frontProxy), () => isAnonymousAllowed(config.authentication?.current.anonymous, undefined, open)),
    authorizer,
    anonymous: (path) => (isAnonymousAllowed(config.authentication?.current.anonymous, path, open) ? anonymousUser : undefined),
    escalation: escalationStep(rbac),
    createOnly,
    handlers: [...createOnly].map(([key, handler]) => resourceHandler(key, handler)),
    documents: new Map([
      [
        '/openid/v1/jwks',
        {
          contentType: 'application/jwk-set+json',
          get body() {
            return JSON.stringify(keySet(keys));
          },
        },
      ],
      ['/.well-known/openid-configuration', { contentType: 'application/json', body: JSON.stringify(discovery(config)) }],
    ]),
    setServiceAccountKey(pem) {
      keys = tokenKeysFromPem(pem);
    },
    async bootstrap(writer) {
      await reconcileBootstrap(reader, writer);
      stopAggregation = keepAggregated(reader, writer, ports.changes, ports.log);
    },
    stop() {
      stopAggregation();
      index.stop();
      structured?.stop();
      ordered?.stop();
      asked?.close();
      accessAsked?.close();
    },
  };
}

/** Where objects are open to all, those who show nothing are the anonymous user. */
function orAnonymous(authenticator: Authenticator, isOpen: () => boolean): Authenticator {
  return { authenticate: async (caller) => (await authenticator.authenticate(caller)) ?? (isOpen() ? anonymousUser : undefined) };
}

function resourceHandler(key: string, handler: CreateOnlyHandler): ResourceHandler {
  const [group = '', resource = '', subresource = ''] = key.split('/');
  return {
    group,
    resource,
    subresource,
    verbs: ['create'],
    async handle(call) {
      const object = call.body();
      object.metadata ??= {};
      await call.admit('CREATE', object);
      const { namespace, name } = call.attributes;
      return { code: 201, object: await handler({ user: call.user, namespace, name: subresource === '' ? '' : name, object }) };
    },
  };
}

/** The OpenID Connect discovery document of the issuer (OIDC Discovery 1.0, the part that Kubernetes serves). */
function discovery(config: AuthConfig): object {
  return {
    issuer: config.issuer,
    jwks_uri: config.jwksUri ?? `${config.issuer.replace(/\/$/, '')}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}
