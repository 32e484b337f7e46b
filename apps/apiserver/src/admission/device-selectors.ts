import { at, child, invalid, invalidValue, type FieldError, type KubeObject } from '@rhythm/api';
import type { DeviceClassSpec, DeviceRequest, DeviceSelector, ResourceClaimSpec, ResourceClaimTemplateSpec } from '@rhythm/api/types/resource-v1';
import { boolType, CompileError, dynType, Environment, mapOf, objectOf, opaque, stringType } from '@rhythm/cel';
import type { AdmissionStep } from '../ports/types.ts';

/** A device as selectors see it (KEP-4381): attributes and capacities by their domain, then by their name. */
const device = objectOf('DRADevice', {
  driver: stringType,
  allowMultipleAllocations: boolType,
  attributes: mapOf(stringType, mapOf(stringType, dynType)),
  capacity: mapOf(stringType, mapOf(stringType, opaque('kubernetes.Quantity'))),
});
const environment = new Environment({ variables: { device } });

interface Placed {
  readonly selector: DeviceSelector;
  readonly path: string;
}

/** Refuses selectors of devices that do not compile. Those that an update leaves alone are not judged again. */
export const deviceSelectors: AdmissionStep = {
  name: 'DeviceSelectors',
  resources: ['deviceclasses', 'resourceclaims', 'resourceclaimtemplates'].map((resource) => `resource.k8s.io/${resource}`),
  validate({ attributes, operation, kind, object, old }) {
    const find = attributes.group === 'resource.k8s.io' && attributes.subresource === '' ? selectorsOf[attributes.resource] : undefined;
    if (find === undefined || object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const known = new Set(old === undefined ? [] : find(specOf(old)).map(({ selector }) => selector.cel?.expression));
    const errors = find(specOf(object)).flatMap(({ selector, path }): FieldError[] => {
      const expression = selector.cel?.expression;
      return expression === undefined || known.has(expression) ? [] : fault(expression, child(child(path, 'cel'), 'expression'));
    });
    if (errors.length > 0) throw invalid(kind, object.metadata.name ?? '', errors);
  },
};

function fault(expression: string, path: string): FieldError[] {
  try {
    environment.compile(expression, boolType);
    return [];
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return [invalidValue(path, expression, `compilation failed: ${error.message}`)];
  }
}

const specOf = (object: KubeObject): unknown => (object as { spec?: unknown }).spec ?? {};

const selectorsOf: Readonly<Record<string, ((spec: unknown) => Placed[]) | undefined>> = {
  deviceclasses: (spec) => placed((spec as DeviceClassSpec).selectors, 'spec.selectors'),
  resourceclaims: (spec) => ofClaim(spec as ResourceClaimSpec, 'spec'),
  resourceclaimtemplates: (spec) => ofClaim((spec as ResourceClaimTemplateSpec).spec, 'spec.spec'),
};

function ofClaim(spec: ResourceClaimSpec | undefined, path: string): Placed[] {
  return (spec?.devices?.requests ?? []).flatMap((request, index) => ofRequest(request, at(child(child(path, 'devices'), 'requests'), index)));
}

function ofRequest({ exactly, firstAvailable }: DeviceRequest, path: string): Placed[] {
  const alternatives = (firstAvailable ?? []).flatMap((sub, index) => placed(sub.selectors, child(at(child(path, 'firstAvailable'), index), 'selectors')));
  return [...placed(exactly?.selectors, child(child(path, 'exactly'), 'selectors')), ...alternatives];
}

function placed(selectors: readonly DeviceSelector[] | undefined, path: string): Placed[] {
  return (selectors ?? []).map((selector, index) => ({ selector, path: at(path, index) }));
}
