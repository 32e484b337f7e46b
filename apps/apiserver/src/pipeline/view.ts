import { ApiError, type FieldError, type KindDefinition, type KubeObject } from '@rhythm/api';
import { validateEphemeralContainers, validateResize } from './pod-views.ts';

type Fields = Record<string, unknown>;

/** The part of an object that a write through the object itself or through one of its subresources may change. */
export interface View {
  readonly main: boolean;
  /** What the object would be: `next` as far as this view may go, the rest of `current`. */
  restrict(next: KubeObject, current: KubeObject): KubeObject;
  /** The kind's own rules, after admission. */
  prepare(object: KubeObject, current: KubeObject): void;
  /** What is wrong with the result, and what this view may not do to `current`. A status is judged alone: the rest is as it was stored. */
  validate(object: KubeObject, current: KubeObject): readonly FieldError[];
}

/** @throws ApiError MethodNotAllowed for a subresource that is not written like this. */
export function viewOf(kind: KindDefinition, subresource: string): View {
  const whole = (object: KubeObject, current: KubeObject): FieldError[] => kind.validate?.(object, current) ?? [];
  const validate: View['validate'] = (object, current) => [...whole(object, current), ...(kind.validateUpdate?.(object, current) ?? [])];
  if (subresource === '') return { main: true, restrict: (next) => next, prepare: (object, current) => kind.prepareForUpdate?.(object, current), validate };
  if (subresource === 'status') return { main: false, restrict: (next) => next, prepare: (object, current) => kind.prepareForStatusUpdate?.(object, current), validate: (object, current) => kind.validateStatusUpdate?.(object, current) ?? [] };
  const part = partial[`${kind.group}/${kind.plural}/${subresource}`];
  if (part === undefined) throw new ApiError('MethodNotAllowed', `the server does not allow this method on the requested resource`);
  const podView = podViews[`${kind.group}/${kind.plural}/${subresource}`];
  return { main: false, restrict: (next, current) => withPart(current, next, part), prepare: () => undefined, validate: podView === undefined ? validate : (object, current) => [...whole(object, current), ...podView(object, current)] };
}

/** What pods may not have changed through their own main resource may well change here. */
const podViews: Readonly<Record<string, View['validate']>> = { '/pods/ephemeralcontainers': validateEphemeralContainers, '/pods/resize': validateResize };

interface Part {
  readonly path: readonly string[];
  /** Whether labels, annotations and the like may be changed along with it. */
  readonly metadata: boolean;
}

/** Subresources that own one field of their object. */
const partial: Readonly<Record<string, Part>> = {
  '/namespaces/finalize': { path: ['spec', 'finalizers'], metadata: true },
  '/pods/ephemeralcontainers': { path: ['spec', 'ephemeralContainers'], metadata: false },
  '/pods/resize': { path: ['spec', 'containers'], metadata: false },
  'certificates.k8s.io/certificatesigningrequests/approval': { path: ['status', 'conditions'], metadata: true },
};

function withPart(current: KubeObject, next: KubeObject, { path, metadata }: Part): KubeObject {
  const result = JSON.parse(JSON.stringify(metadata ? { ...current, metadata: next.metadata } : current)) as KubeObject;
  let from: unknown = next;
  let into = result as unknown as Fields;
  for (const [depth, name] of path.entries()) {
    const value = typeof from === 'object' && from !== null ? (from as Fields)[name] : undefined;
    if (depth === path.length - 1) {
      if (value === undefined) delete into[name];
      else into[name] = value;
      break;
    }
    if (typeof into[name] !== 'object' || into[name] === null) into[name] = {};
    into = into[name] as Fields;
    from = value;
  }
  return result;
}
