import type { Clock, Live, Log, Random } from '@rhythm/base';
import type { ReloadedFiles, LiveFiles } from '@rhythm/config';
import type { HttpLimits, NamedCertificate } from '@rhythm/http';
import type { Store } from '@rhythm/store-client';
import type { PluginChoice } from './admission/index.ts';
import type { ProxyClientCredentials } from './aggregation/index.ts';
import type { AccessWebhookConfig, FrontProxyConfig, OidcConfig, TokenWebhookConfig } from './auth/index.ts';
import type { AuthenticationConfiguration, AuthorizationConfiguration } from './auth/structured/index.ts';
import type { LiveCertificates } from './certificates/index.ts';
import type { FlowConfig } from './flow-control/index.ts';
import type { ShutdownConfig } from './lifecycle/index.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { RequestTimeouts } from './pipeline/ports.ts';
import type { ObjectReader } from './ports/types.ts';

export interface ApiserverConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** By which the Service `kubernetes` reaches this server. */
  readonly advertiseAddress: string;
  /** The machine's name, for the Lease by which this server is known; its address when absent. */
  readonly hostname?: string;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string; readonly named?: readonly NamedCertificate[] };
  /** Private P-256 key in PEM. */
  readonly serviceAccountKey: string;
  readonly serviceAccountIssuer: string;
  readonly serviceCidr: string;
  /** Proxies that speak for their callers in headers. */
  readonly frontProxy?: FrontProxyConfig;
  /** Our certificate and key (PEM) for aggregated servers, of the authority of `frontProxy`. */
  readonly proxyClient?: ProxyClientCredentials;
  /** Whose identity tokens are accepted, besides certificates and the cluster's own tokens. */
  readonly oidc?: OidcConfig;
  /** Webhooks that know more tokens, and allow more. */
  readonly tokenWebhook?: TokenWebhookConfig;
  readonly accessWebhook?: AccessWebhookConfig;
  /** Our certificate and key (PEM) for kubelets, which the client CA signs too; without them logs, exec and the like are refused. */
  readonly kubeletClient?: { readonly cert: string; readonly key: string };
  /** What `kubectl explain` says (tools/descriptions.ts). It may be missing, or come later. */
  readonly descriptionsFile?: string;
  /** A policy of audit.k8s.io/v1, in YAML; without it nothing is written down. */
  readonly auditPolicy?: string;
  /** Admission plug-ins besides those that are in force by default, and which of those are not. */
  readonly plugins?: PluginChoice;
  /** An EncryptionConfiguration of apiserver.config.k8s.io/v1, in YAML; without it everything is stored in plain text. */
  readonly encryption?: string;
  readonly httpLimits?: Partial<HttpLimits>;
  /** Priority and fairness; Kubernetes' defaults when absent. */
  readonly flowControl?: FlowConfig;
  readonly timeouts?: Partial<RequestTimeouts>;
  readonly shutdown?: ShutdownConfig;
  /** Of requests over HTTP/2, the share after which their client is sent to look for another server; 0 to 0.02. */
  readonly goAwayChance?: number;
}

export interface ApiserverPorts {
  /** Certificates and keys that are renewed while the server runs; the configuration has what they were first. */
  readonly live?: LiveCertificates;
  /** Where an EncryptionConfiguration is followed while the server runs; `config.encryption` is what it said first. */
  readonly encryptionFile?: LiveFiles<string>;
  /** Issuers of tokens, and anonymous callers; instead of `config.oidc`. */
  readonly authentication?: Live<AuthenticationConfiguration> & Partial<ReloadedFiles>;
  /** Who is asked what is allowed; instead of Node, RBAC and `config.accessWebhook`. */
  readonly authorization?: Live<AuthorizationConfiguration> & Partial<ReloadedFiles>;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Takes the lines of the audit log. */
  readonly writeAudit?: (line: string) => void;
}

export interface Apiserver {
  readonly port: number;
  readonly grpcPort: number;
  readonly pipeline: Pipeline;
  readonly reader: ObjectReader;
  stop(): Promise<void>;
}
