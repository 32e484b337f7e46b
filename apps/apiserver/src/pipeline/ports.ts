import type { KindDefinition, KindRegistry, KubeObject } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import type { Store } from '@rhythm/store-client';
import type { Caches } from '../registry/caches.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import type { Renderer } from '../render/render.ts';
import type { Auditor } from '../audit/auditor.ts';
import type { FlowGate } from '../flow-control/index.ts';
import type { RequestMetrics } from '../metrics/request-metrics.ts';
import type { YamlReader } from '../bodies/index.ts';
import type { ResourceHandler } from '../ports/handlers.ts';
import type { AdmissionStep, Authenticator, Authorizer, RequestAttributes, ResourceRequest, ResourceResponse, ResourceWatch, UserInfo } from '../ports/types.ts';

/** Bodies in: the schema table's decoder, defaults and patches, as the pipeline uses them. */
export interface BodyCodec {
  /** An object of `kind`, defaulted. @throws ApiError BadRequest, UnsupportedMediaType. */
  decode(kind: Pick<KindDefinition, 'group' | 'version' | 'kind'>, body: Uint8Array, contentType: string, fieldValidation: string): { object: KubeObject; warnings: readonly string[] };
  /** The same for a value at hand, which it may change: a patched object. */
  admit(kind: Pick<KindDefinition, 'group' | 'version' | 'kind'>, value: unknown, fieldValidation: string): { object: KubeObject; warnings: readonly string[] };
  /** Defaults again, after admission has added to the object. */
  applyDefaults(kind: KindDefinition, object: KubeObject): void;
  /** The form that is stored: what is always written is there, what is empty is not. In place. */
  canonicalise(kind: KindDefinition, object: KubeObject): void;
  /** A body whose schema does not matter: a patch. */
  parse(body: Uint8Array, contentType: string): unknown;
}

/** How long requests may take. */
export interface RequestTimeouts {
  /** Everything but watches and streams; callers may ask for less (`?timeout=`), never for more. */
  readonly requestMs: number;
  /** A watch without `timeoutSeconds` ends at random between this and twice this. */
  readonly watchMinMs: number;
}

/** Everything the pipeline works with. */
export interface PipelinePorts {
  readonly registry: KindRegistry;
  readonly store: Store;
  readonly caches: Caches;
  readonly objects: ObjectStore;
  readonly renderer: Renderer;
  readonly codec: BodyCodec;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** In their order; all mutating ones run before the validating ones. */
  readonly admission: readonly AdmissionStep[];
  readonly handlers: readonly ResourceHandler[];
  /** Writes down who did what; absent: nothing is. */
  readonly audit?: Auditor;
  /** Says whose turn it is; absent: everybody's. */
  readonly gate?: FlowGate;
  /** Absent: this server alone serves everything. */
  readonly remote?: RemoteResources;
  /** Absent: those of `limits`. */
  readonly timeouts?: RequestTimeouts;
  /** Reads bodies in YAML; absent: they are read at once, whatever they cost. */
  readonly yaml?: Pick<YamlReader, 'read'>;
  /** Counts and times requests; absent where nobody reads that. */
  readonly metrics?: RequestMetrics;
}

/** Resources that other servers serve (API aggregation); their requests come here authenticated and authorised. */
export interface RemoteResources {
  serves(request: ResourceRequest): boolean;
  handle(request: ResourceRequest, user: UserInfo): Promise<ResourceResponse>;
  /** @param end called once, when the watch is over. It is not called when this rejects. */
  watch(request: ResourceRequest, user: UserInfo, end: () => void): Promise<ResourceWatch>;
}

/** A request that may be carried out. */
export interface Call {
  readonly request: ResourceRequest;
  readonly user: UserInfo;
  readonly attributes: RequestAttributes;
  readonly kind: KindDefinition;
  readonly dryRun: boolean;
  /** Gathered on the way, without repetition. */
  readonly warnings: Set<string>;
  /** Puts a note into the audit log; absent where nothing is written down. */
  readonly annotate?: (key: string, value: string) => void;
}
