import type { KindDefinition, KubeObject } from '@rhythm/api';
import type { HttpExchange, HttpUpgrade } from '@rhythm/http';
import type { RequestAttributes, ResourceRequest, ResourceResponse, UserInfo } from './types.ts';

/** An authenticated and authorised request, as a handler of a subresource or of an unstored kind gets it. */
export interface ResourceCall {
  readonly request: ResourceRequest;
  readonly attributes: RequestAttributes;
  readonly user: UserInfo;
  /** Of the resource, not of the subresource. */
  readonly kind: KindDefinition;
  readonly dryRun: boolean;
  /** The body as an object (JSON, YAML or protobuf); an empty one when there is none. @throws ApiError BadRequest. */
  body<T extends object = KubeObject>(): T;
  /** The object a subresource belongs to, current. @throws ApiError NotFound. */
  parent<T extends KubeObject = KubeObject>(): Promise<T>;
  /** Runs the admission steps on `object` (CREATE, or CONNECT without one). */
  admit(operation: 'CREATE' | 'CONNECT', object?: KubeObject): Promise<void>;
  warn(message: string): void;
}

/** What a handler answers: an object to be rendered as the client accepts it, or a whole response. */
export type HandlerResult = { readonly code: number; readonly object: object } | { readonly response: ResourceResponse };

/**
 * Serves what is not the generic storage of a kind: a subresource (`serviceaccounts/token`, `pods/log`) or,
 * with an empty `subresource`, a kind that is only ever created and never stored (the reviews).
 */
export interface ResourceHandler {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** Request verbs: get create update patch delete. */
  readonly verbs: readonly string[];
  handle(call: ResourceCall): Promise<HandlerResult>;
}

/**
 * Serves connections that change protocol (exec, attach, port-forward): HTTP/1.1 upgrades only. The request was
 * authenticated, authorised and admitted; the handler owns the socket, also when it rejects.
 */
export interface UpgradeHandler {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  upgrade(call: ResourceCall, upgrade: HttpUpgrade): Promise<void>;
}

/** Serves paths that are not resources: discovery, health, version, OpenAPI. False: it is none of its paths. `delegated` is to be called before another server is asked. */
export type PathHandler = (exchange: HttpExchange, user: UserInfo, delegated?: () => void) => Promise<boolean>;
