import type { KindDefinition, KubeObject } from '@rhythm/api';

/** Who asks (authentication.k8s.io/v1 UserInfo). */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is known of a caller before anything is parsed: the TLS peer and the headers. */
export interface Caller {
  /** Subject of a client certificate that our CA signed and TLS verified. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[] };
  /** Lower-case names. Metadata in gRPC. */
  header(name: string): string | undefined;
  /** Names of all headers that begin with `prefix`. */
  headersWith(prefix: string): readonly (readonly [name: string, value: string])[];
}

/** `undefined`: no credential was presented. A bad credential throws `ApiError` Unauthorized. */
export interface Authenticator {
  authenticate(caller: Caller): Promise<UserInfo | undefined>;
}

/** What a request is about, read off its URL or its gRPC frame (apiserver's RequestInfo). */
export interface RequestAttributes {
  readonly user: UserInfo;
  /** get list watch create update patch delete deletecollection; for other paths the lower-case HTTP method. */
  readonly verb: string;
  readonly isResource: boolean;
  /** Of requests that are not about resources. */
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export type Decision = { readonly allowed: true; readonly reason: string } | { readonly allowed: false; readonly reason: string };

/** Denies unless something allows. */
export interface Authorizer {
  authorize(attributes: RequestAttributes): Promise<Decision>;
  /** The rules of a user in a namespace, for SelfSubjectRulesReview. */
  rulesFor(user: UserInfo, namespace: string): Promise<{ resourceRules: readonly object[]; nonResourceRules: readonly object[]; incomplete: boolean }>;
}

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly attributes: RequestAttributes;
  readonly kind: KindDefinition;
  /** Absent for DELETE. Mutating steps change it in place. */
  readonly object?: KubeObject;
  readonly old?: KubeObject;
  readonly dryRun: boolean;
  warn(message: string): void;
}

/** One admission plug-in. Throws `ApiError` to refuse. Mutating steps all run before validating ones. */
export interface AdmissionStep {
  readonly name: string;
  admit?(request: AdmissionRequest): Promise<void>;
  validate?(request: AdmissionRequest): Promise<void>;
}

/** Reads that steps make of other objects: from the watch cache, current to the call's start. */
export interface ObjectReader {
  get<T extends KubeObject>(group: string, resource: string, namespace: string, name: string): Promise<T | undefined>;
  list<T extends KubeObject>(group: string, resource: string, namespace: string): Promise<readonly T[]>;
}
