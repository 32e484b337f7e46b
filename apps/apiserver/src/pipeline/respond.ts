import type { KindDefinition, KubeObject } from '@rhythm/api';
import type { Status } from '@rhythm/api/types/meta-v1';
import { negotiate, type Rendering } from '../render/negotiate.ts';
import type { IncludeObject } from '../render/table.ts';
import type { Entry } from '../watch-cache/entry.ts';
import type { Call, PipelinePorts } from './ports.ts';
import type { ResourceResponse } from '../ports/types.ts';

/** How this call wants its reply. @throws ApiError NotAcceptable. */
export function renderingOf(call: Call): Rendering {
  // Custom resources have no protobuf form.
  return negotiate(call.request.accept, ({ encoding, as }) => call.kind.custom === undefined || encoding !== 'protobuf' || as !== 'object');
}

/** The same for what has no table: reviews, tokens. @throws ApiError NotAcceptable. */
export function tablelessRenderingOf(call: Call): Rendering {
  return negotiate(call.request.accept, ({ as }) => as !== 'table');
}

export function includeOf(call: Call): IncludeObject {
  const include = call.request.query?.get('includeObject');
  return include === 'None' || include === 'Object' ? include : 'Metadata';
}

export function entryResponse(ports: PipelinePorts, call: Call, entry: Entry, rendering: Rendering, code = 200): ResourceResponse {
  return { code, contentType: rendering.contentType, body: ports.renderer.entry(call.kind, entry, rendering, includeOf(call)), warnings: [...call.warnings] };
}

/** For objects that are in no cache; `kind` when it is one that has a table. */
export function objectResponse(ports: PipelinePorts, call: Call, object: object, rendering: Rendering, code = 200, kind?: KindDefinition): ResourceResponse {
  return { code, contentType: rendering.contentType, body: ports.renderer.object(object, rendering, kind, includeOf(call)), warnings: [...call.warnings] };
}

/** The Status that says a write is done when there is no object to show. */
export function successStatus(kind: KindDefinition, object?: KubeObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(object === undefined
      ? {}
      : { details: { name: object.metadata.name ?? '', ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }) } }),
  };
}
