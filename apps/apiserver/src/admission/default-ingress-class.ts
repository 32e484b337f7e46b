import type { Ingress, IngressClass } from '@rhythm/api/types/networking-v1';
import type { AdmissionStep, ObjectReader } from '../ports/types.ts';
import { markedDefault } from './default-object.ts';

const group = 'networking.k8s.io';

/** An Ingress that names no class, in the field or the annotation that was before it, gets the default one. */
export function defaultIngressClass(reader: ObjectReader): AdmissionStep {
  return {
    name: 'DefaultIngressClass',
    resources: [`${group}/ingresses`],
    async admit({ operation, object, attributes }) {
      if (operation !== 'CREATE' || attributes.group !== group || attributes.resource !== 'ingresses' || attributes.subresource !== '' || object === undefined) return;
      const ingress = object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
      const found = markedDefault(await reader.list<IngressClass>(group, 'ingressclasses', ''), ['ingressclass.kubernetes.io/is-default-class']);
      if (found?.metadata.name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
    },
  };
}
