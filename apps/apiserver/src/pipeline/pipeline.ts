import { ApiError, type KindDefinition, type KubeObject } from '@rhythm/api';
import { withTimeout } from '@rhythm/base';
import { forbidden, unauthorized } from '../auth/index.ts';
import { limits } from '../limits.ts';
import { serveBinding } from './subresources/binding.ts';
import { serveComponentStatus } from './subresources/component-status.ts';
import { podKind, serveEviction } from './subresources/eviction.ts';
import { serveScale } from './subresources/scale.ts';
import { Admission } from './admission.ts';
import { apply } from './apply.ts';
import { connectOptions } from './connect-options.ts';
import { create } from './create.ts';
import { deleteOptionsOf, remove, removeCollection } from './delete.ts';
import { deprecationOf } from './deprecations.ts';
import { isApply } from './field-managers.ts';
import type { ResourceCall, ResourceHandler } from '../ports/handlers.ts';
import type { Call, PipelinePorts, RemoteResources } from './ports.ts';
import { get, list } from './read.ts';
import { objectResponse, tablelessRenderingOf } from './respond.ts';
import { selectedName } from './selection.ts';
import type { ApiPipeline, Caller, RequestAttributes, ResourceRequest, ResourceResponse, ResourceWatch, UserInfo } from '../ports/types.ts';
import { patch, update } from './update.ts';
import { WatchCount } from '../ports/watch-count.ts';
import { Track } from './track.ts';
import { timeoutOf, tooLate } from './timeout.ts';
import { keepWarnings } from './warned.ts';
import { watch } from './watch.ts';
import { checkWriteOptions } from './write-options.ts';
import { withJsonBody } from './yaml-body.ts';

/** In the audit log, who could not be identified. */
const nobody: UserInfo = { name: '', groups: [] };
/** Watches and streams have no answer that could be shown. */
const watchEnd = { code: 200, contentType: '', body: new Uint8Array() };

/** The one way of every request on a resource, whichever face it came in by. */
export class Pipeline implements ApiPipeline {
  readonly #ports: PipelinePorts;
  readonly #handlers: ReadonlyMap<string, ResourceHandler>;
  readonly #watches = new WatchCount(limits.watchesPerUserMax);

  constructor(ports: PipelinePorts) {
    this.#ports = ports;
    this.#handlers = new Map(ports.handlers.map((handler) => [handlerKey(handler.group, handler.resource, handler.subresource), handler]));
  }

  async handle(request: ResourceRequest): Promise<ResourceResponse> {
    const track = new Track(this.#ports, request);
    try {
      const response = await this.#bounded(request, track);
      track.done(response);
      return track.held(response, request.signal);
    } catch (error) {
      track.failed(error);
      throw error;
    }
  }

  async #bounded(request: ResourceRequest, track: Track): Promise<ResourceResponse> {
    const { remote } = this.#ports;
    if (remote?.serves(request) === true) return remote.handle(request, await this.#delegated(request, track));
    // A handler may stream for hours (logs): its deadline is its own affair.
    if (this.#handlers.has(handlerKey(request.group, request.resource, request.subresource))) return this.#serve(await this.#admit(request, track));
    const timeout = withTimeout(this.#ports.clock, timeoutOf(request, this.#ports.timeouts?.requestMs ?? limits.requestTimeoutMs), tooLate, request.signal);
    try {
      return await this.#serve(await this.#admit({ ...request, signal: timeout.signal }, track));
    } catch (error) {
      if (timeout.signal.aborted && timeout.signal.reason instanceof ApiError) throw timeout.signal.reason;
      throw error;
    } finally {
      timeout.cancel();
    }
  }

  async watch(request: ResourceRequest): Promise<ResourceWatch> {
    const track = new Track(this.#ports, request);
    try {
      if (this.#ports.remote?.serves(request) === true) return await this.#remoteWatch(this.#ports.remote, request, track);
      const call = await this.#admit(request, track);
      const release = this.#watches.take(call.user.name);
      const end = (): void => {
        release();
        track.done(watchEnd);
      };
      const open = await watch(this.#ports, call, { onEnd: end, onStart: () => track.leave() }).catch((error: unknown) => {
        release();
        throw error;
      });
      track.started(200);
      return open;
    } catch (error) {
      track.failed(error);
      throw error;
    }
  }

  async #remoteWatch(remote: RemoteResources, request: ResourceRequest, track: Track): Promise<ResourceWatch> {
    const user = await this.#delegated(request, track);
    const release = this.#watches.take(user.name);
    const end = (): void => {
      release();
      track.done(watchEnd);
    };
    try {
      const open = await remote.watch(request, user, end);
      track.started(200);
      return open;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Authenticates, authorises and finds the kind. @throws ApiError Unauthorized, Forbidden, NotFound, MethodNotAllowed. */
  async admit(request: ResourceRequest): Promise<Call> {
    const track = new Track(this.#ports, request);
    try {
      const call = await this.#admit(request, track);
      track.started(200);
      track.done(watchEnd);
      return call;
    } catch (error) {
      track.failed(error);
      throw error;
    }
  }

  /**
   * Authenticates and authorises a request that another server carries out, while `run` passes it on; resolves to what that does.
   * @param run returns the code that was answered. Rejects with `ApiError` Unauthorized, Forbidden, and what `run` rejects with.
   */
  async permit(request: ResourceRequest, run: (user: UserInfo) => Promise<number>): Promise<void> {
    const track = new Track(this.#ports, request);
    try {
      const code = await run(await this.#delegated(request, track));
      track.done({ ...watchEnd, code });
    } catch (error) {
      track.failed(error);
      throw error;
    }
  }

  /** The same for a request that another server carries out: it keeps no place here, since that server's own requests need one to answer it. */
  async #delegated(request: ResourceRequest, track: Track): Promise<UserInfo> {
    const { user } = await this.#identify(request, track);
    track.leave();
    return user;
  }

  /** Who asks, once it is known that he may. */
  async #identify(request: ResourceRequest, track: Track): Promise<{ readonly user: UserInfo; readonly attributes: RequestAttributes }> {
    const user = await this.authenticate(request.caller).catch((error: unknown) => {
      track.identified(attributesOf(request, nobody));
      throw error;
    });
    const attributes = attributesOf(request, user);
    track.identified(attributes);
    const place = this.#ports.gate?.enter(attributes, request);
    if (place !== undefined) track.entered(place instanceof Promise ? await place : place);
    const decision = await this.#ports.authorizer.authorize(attributes);
    track.decided(decision.allowed, decision.reason);
    if (!decision.allowed) throw forbidden(attributes, decision.reason);
    return { user, attributes };
  }

  async #admit(request: ResourceRequest, track: Track): Promise<Call> {
    const { user, attributes } = await this.#identify(request, track);
    const kind = this.#ports.registry.byResource(request.group, request.version, request.resource);
    if (request.refusal !== undefined) throw request.refusal;
    if (kind === undefined) throw pageNotFound();
    checkServed(kind, request);
    checkWriteOptions(request);
    const loaded = request.loadBody === undefined ? request : { ...request, body: await request.loadBody() };
    track.taken(loaded.body);
    const read = await withJsonBody(this.#ports, loaded);
    const asked = isDeletion(request) ? deleteOptionsOf(this.#ports, read).dryRun : request.options.dryRun;
    const dryRun = (asked ?? []).length > 0;
    const deprecation = deprecationOf(kind);
    return { request: read, user, attributes, kind, dryRun, warnings: new Set(deprecation === undefined ? [] : [deprecation]), ...track.annotator() };
  }

  /** Who asks; without a credential nobody, and nobody reaches a resource. */
  async authenticate(caller: Caller): Promise<UserInfo> {
    const user = await this.#ports.authenticator.authenticate(caller);
    if (user === undefined) throw unauthorized();
    return user;
  }

  /** The call as handlers of subresources and upgrades see it. */
  resourceCall(call: Call): ResourceCall {
    const { request, kind } = call;
    const ports = this.#ports;
    const sub = kind.subresources.find((s) => s.name === request.subresource);
    const bodyKind = sub ?? kind;
    return {
      request,
      attributes: call.attributes,
      user: call.user,
      kind,
      dryRun: call.dryRun,
      body: <T extends object>() => {
        if (request.body.length === 0) return {} as T;
        const { object, warnings } = ports.codec.decode(bodyKind, request.body, request.contentType, request.options.fieldValidation ?? 'Warn');
        for (const warning of warnings) call.warnings.add(warning);
        return object as unknown as T;
      },
      parent: async <T extends KubeObject>() => ports.objects.decode<T>(kind, await ports.objects.get(kind, request.namespace, request.name, request.signal)),
      admit: async (operation, object) => {
        const admission = new Admission(ports, call, operation);
        const subject = object ?? connectOptions(kind, request);
        await admission.mutate(subject);
        await admission.validate(subject);
      },
      warn: (message) => call.warnings.add(message),
    };
  }

  async #serve(call: Call): Promise<ResourceResponse> {
    try {
      return await this.#carryOut(call);
    } catch (error) {
      keepWarnings(error, call.warnings);
      throw error;
    }
  }

  async #carryOut(call: Call): Promise<ResourceResponse> {
    const { request, kind } = call;
    const handler = this.#handlers.get(handlerKey(kind.group, kind.plural, request.subresource));
    if (handler !== undefined) return this.#handled(call, handler);
    const ports = this.#ports;
    if (request.subresource !== '') return this.#subresource(call);
    if (kind.group === '' && kind.plural === 'bindings') return serveBinding(ports, { ...call, kind: podKind(ports) });
    if (kind.group === '' && kind.plural === 'componentstatuses') return serveComponentStatus(ports, call);
    switch (request.verb) {
      case 'get':
        return get(ports, call);
      case 'list':
        return list(ports, call);
      case 'create':
        return create(ports, call);
      case 'update':
        return update(ports, call);
      case 'patch':
        return isApply(request) ? apply(ports, call) : patch(ports, call);
      case 'delete':
        return remove(ports, call);
      case 'deletecollection':
        return removeCollection(ports, call);
      default:
        throw methodNotAllowed();
    }
  }

  #subresource(call: Call): Promise<ResourceResponse> {
    const ports = this.#ports;
    const { verb, subresource } = call.request;
    switch (`${subresource} ${verb}`) {
      case 'scale get':
      case 'scale update':
      case 'scale patch':
        return serveScale(ports, call);
      case 'binding create':
        return serveBinding(ports, call);
      case 'eviction create':
        return serveEviction(ports, call);
    }
    if (['attach', 'exec', 'log', 'portforward', 'proxy', 'token'].includes(subresource)) throw new ApiError('NotFound', `the subresource ${call.kind.plural}/${subresource} is not served by this server`);
    switch (verb) {
      case 'get':
        return get(ports, call);
      case 'update':
        return update(ports, call);
      case 'patch':
        return isApply(call.request) ? apply(ports, call) : patch(ports, call);
      default:
        throw methodNotAllowed();
    }
  }

  async #handled(call: Call, handler: ResourceHandler): Promise<ResourceResponse> {
    const astray = call.kind.namespaced && call.request.namespace === '' && call.request.subresource === '';
    if (astray || !handler.verbs.includes(call.request.verb)) throw methodNotAllowed();
    const result = await handler.handle(this.resourceCall(call));
    if ('response' in result) return { ...result.response, warnings: [...result.response.warnings, ...call.warnings] };
    return objectResponse(this.#ports, call, result.object, tablelessRenderingOf(call), result.code);
  }
}

export function attributesOf(request: ResourceRequest, user: UserInfo): RequestAttributes {
  const many = request.verb === 'list' || request.verb === 'watch' || request.verb === 'deletecollection';
  const { fieldSelector, labelSelector } = request.options;
  // The path of a namespace names it twice: as object and as scope.
  const namespace = request.group === '' && request.resource === 'namespaces' ? request.name : request.namespace;
  return {
    user,
    verb: request.verb,
    isResource: true,
    path: '',
    group: request.group,
    version: request.version,
    resource: request.resource,
    subresource: request.subresource,
    namespace,
    name: many && request.name === '' ? selectedName(fieldSelector) : request.name,
    ...(many && fieldSelector !== undefined ? { fieldSelector } : {}),
    ...(many && labelSelector !== undefined ? { labelSelector } : {}),
  };
}

/** Verbs on one object. */
const ofOne: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete']);

/** What the kind serves, in the scope it lives in: never a namespaced object through a path without namespace. */
function checkServed(kind: KindDefinition, request: ResourceRequest): void {
  const { verb, namespace, name, subresource } = request;
  const acrossNamespaces = verb === 'list' || verb === 'watch' || verb === 'deletecollection';
  if (kind.namespaced && namespace === '' && verb === 'create' && name === '' && isStored(kind)) throw methodNotAllowed();
  if (kind.namespaced ? namespace === '' && !acrossNamespaces && !(verb === 'create' && name === '' && !isStored(kind)) : namespace !== '') throw pageNotFound();
  // Whoever may see only the objects of some names must not see all by naming one of them.
  if (name === '' && ofOne.has(verb)) throw methodNotAllowed();
  if (name !== '' && (verb === 'list' || verb === 'deletecollection')) throw methodNotAllowed();
  if (verb === 'deletecollection' && kind.namespaced && namespace === '') throw methodNotAllowed();
  if (subresource === '') {
    if (!kind.verbs.includes(verb) || (verb === 'create' && name !== '')) throw methodNotAllowed();
    return;
  }
  const found = kind.subresources.find((sub) => sub.name === subresource);
  if (found === undefined) throw pageNotFound();
  // A proxied OPTIONS request has no verb.
  if (!found.verbs.includes(verb) && !(verb === '' && subresource === 'proxy')) throw methodNotAllowed();
}

function isDeletion(request: ResourceRequest): boolean {
  return request.subresource === '' && (request.verb === 'delete' || request.verb === 'deletecollection');
}

function isStored(kind: KindDefinition): boolean {
  return kind.verbs.includes('get');
}

function pageNotFound(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
}

function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });
}

function handlerKey(group: string, resource: string, subresource: string): string {
  return `${group}/${resource}/${subresource}`;
}
