import type { ApiError, KindDefinition, KubeObject } from '@rhythm/api';

/** Who asks (authentication.k8s.io/v1 UserInfo). */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is known of a caller before anything is parsed: the TLS peer and the headers. */
export interface Caller {
  /** Where the connection comes from. */
  readonly address?: string;
  /** Under which the audit log has the request; absent: an id of its own. */
  readonly auditId?: string;
  /** Subject of a client certificate that our CA signed and TLS verified. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[]; /** Fingerprint of the authority that it comes from, where several are trusted. */ readonly root?: string };
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

/** `isFinal`: nobody else is to be asked. */
export type Decision = { readonly allowed: true; readonly reason: string } | { readonly allowed: false; readonly reason: string; readonly isFinal?: true };

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
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions, as they came. */
  readonly options?: object;
  /** Aborts when the caller has gone or the request has had its time. */
  readonly signal?: AbortSignal;
  /** Of mutating steps: which round this is. */
  readonly rounds?: MutationRounds;
  warn(message: string): void;
  /** Puts a note into the audit log; the first under a key stays. Absent where nothing is written down. */
  annotate?(key: string, value: string): void;
  /** Writes another object in the same store transaction as this one. A lost race on it repeats admission. */
  alsoWrite?(companion: Companion): void;
}

/** Mutating steps run once, and once more when one of them has changed what those before it have seen (KEP-492). */
export interface MutationRounds {
  readonly isSecond: boolean;
  askForSecond(): void;
  /** What steps keep from the first round for the second. */
  readonly kept: Map<AdmissionStep, unknown>;
}

/** An object that is written together with another one (the IPAddress of a Service). Bare: no admission, no strategy. */
export type Companion =
  | { readonly action: 'create'; readonly group: string; readonly resource: string; readonly object: KubeObject }
  | { readonly action: 'delete'; readonly group: string; readonly resource: string; readonly namespace: string; readonly name: string };

/** One admission plug-in. Throws `ApiError` to refuse. Mutating steps all run before validating ones. */
export interface AdmissionStep {
  readonly name: string;
  /** A mutating step that runs a single time, after all rounds of the others. */
  readonly once?: boolean;
  /** The resources that it is about, as `group/plural`, with their subresources; absent: all. The others never reach it. */
  readonly resources?: readonly string[];
  admit?(request: AdmissionRequest): Promise<void> | void;
  validate?(request: AdmissionRequest): Promise<void> | void;
  /** What goes away in the transaction that finally removes `object`, whichever request does it. */
  companionsOfRemoved?(kind: KindDefinition, object: KubeObject): readonly Companion[];
}

/** Reads that steps make of other objects: from the watch cache, current to the call's start. */
export interface ObjectReader {
  /** What `get` would find, when that can be told without waiting; `undefined`: it has to be asked. */
  atHand?<T extends KubeObject>(group: string, resource: string, namespace: string, name: string): T | undefined;
  /** Whether it can be told without waiting that there is no object of a kind. */
  hasNone?(group: string, resource: string): boolean;
  get<T extends KubeObject>(group: string, resource: string, namespace: string, name: string): Promise<T | undefined>;
  list<T extends KubeObject>(group: string, resource: string, namespace: string): Promise<readonly T[]>;
}

/** What classification adds to a reply (`X-Kubernetes-PF-…-UID`). */
export interface FlowIds {
  readonly schema: string;
  readonly level: string;
}

/** The query parameters of the API, under their names. */
export interface RequestOptions {
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  readonly dryRun?: readonly string[];
  readonly fieldManager?: string;
  readonly fieldValidation?: string;
  readonly force?: boolean;
  /** Of DELETE, when they come as query parameters. */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly uid?: string;
}

/** One request on a resource, as both faces hand it to the pipeline; nothing of it is trusted yet. */
export interface ResourceRequest {
  readonly caller: Caller;
  /** get list watch create update patch delete deletecollection. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly options: RequestOptions;
  /** All query parameters, for subresources with their own (log, exec). Absent: none. */
  readonly query?: URLSearchParams;
  /** What is wrong with the request as it came; told to those who may make it. */
  readonly refusal?: ApiError;
  readonly body: Uint8Array;
  /** Where the body is still on the wire: it is taken in only for those who may do what they ask for. */
  loadBody?(): Promise<Uint8Array>;
  readonly contentType: string;
  readonly accept: string;
  readonly userAgent: string;
  /** Told which flow schema and priority level the request falls under, before it is let in or refused. */
  classified?(ids: FlowIds): void;
  /** Aborts when the caller has gone or the deadline has passed. */
  readonly signal: AbortSignal;
}

export interface ResourceResponse {
  readonly code: number;
  readonly contentType: string;
  /** Long lists come in pieces. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** For `Warning: 299` headers. */
  readonly warnings: readonly string[];
}

export interface RenderedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** In the encoding that the request accepts. */
  readonly object: Uint8Array;
}

/** Batches of events in order; after an ERROR (its object a Status) it ends. */
export interface ResourceWatch extends AsyncIterable<readonly RenderedEvent[]> {
  readonly contentType: string;
  readonly warnings?: readonly string[];
  /**
   * Gives the batches to `take` as they come, instead of the iteration, until the watch ends; with thousands of watches each step between a change and
   * its bytes counts. What `room` returns is waited for before each batch; what either throws ends the watch. A batch that is the same for several watches is the same array.
   */
  pump?(room: () => Promise<void> | undefined, take: (batch: readonly RenderedEvent[]) => void): Promise<void>;
}

/**
 * authn → authz → admission → strategy → store, the same for HTTP and gRPC. Rejects with `ApiError`,
 * which the face turns into a Status in its own form.
 */
export interface ApiPipeline {
  handle(request: ResourceRequest): Promise<ResourceResponse>;
  watch(request: ResourceRequest): Promise<ResourceWatch>;
}
