import type { Pod, PodSpec, Volume } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1123Subdomain } from '../../validation/names.ts';
import { each } from '../../validation/values.ts';

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/** What holds of pods and not of templates, where an admission step or the pod's name may still fill it in. */
export function validatePodOnly({ metadata, spec }: Pod): FieldError[] {
  const name = metadata.name ?? '';
  return [
    ...validateDeletionCost(metadata.annotations?.[deletionCost]),
    ...each(spec?.volumes, 'spec.volumes', (volume, path) => validateVolume(volume, spec, name, path)),
    ...each(spec?.resourceClaims, 'spec.resourceClaims', (claim, path) => {
      const made = `${name}-${claim.name}`;
      const wrong = claim.resourceClaimTemplateName === undefined || name === '' ? [] : checkDns1123Subdomain(made);
      return wrong.map((e) => invalidValue(child(path, 'name'), made, `final ResourceClaim name: ${e}`));
    }),
  ];
}

/** How gladly a ReplicaSet gives up the pod: a 32-bit number in its shortest form. */
function validateDeletionCost(cost: string | undefined): FieldError[] {
  if (cost === undefined) return [];
  const isInt32 = /^(0|-?[1-9]\d{0,9})$/.test(cost) && Number(cost) >= int32.min && Number(cost) <= int32.max;
  return isInt32 ? [] : [invalidValue(at('metadata.annotations', deletionCost), cost, 'must be a 32bit integer')];
}

function validateVolume(volume: Volume, spec: PodSpec, podName: string, path: string): FieldError[] {
  const errors = volume.image !== undefined && (volume.image.reference ?? '') === '' ? [required(child(path, 'image.reference'))] : [];
  if (volume.ephemeral !== undefined && podName !== '') {
    const made = `${podName}-${volume.name}`;
    errors.push(...checkDns1123Subdomain(made).map((e) => invalidValue(child(path, 'name'), made, `PVC name "${made}": ${e}`)));
  }
  const tokens = each(volume.projected?.sources, child(path, 'projected.sources'), (source, here) => {
    const nobody = source.serviceAccountToken !== undefined && (spec.serviceAccountName ?? '') === '';
    return nobody ? [forbidden(child(here, 'serviceAccountToken'), 'must not be specified when serviceAccountName is not set')] : [];
  });
  return [...errors, ...tokens];
}
