import type { AppArmorProfile, PodSpec, SeccompProfile } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, together } from '../../validation/field-error.ts';
import { eachContainer } from './containers-of.ts';

/* Profiles of seccomp and AppArmor that are said by an annotation and by a field say the same. */

export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
export const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
export const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';

type Annotations = Readonly<Record<string, string>>;
type Profile = SeccompProfile | AppArmorProfile;

/** Where the annotations of a pod or template and its fields differ. */
export function validateProfilesMatch(annotations: Annotations | undefined, spec: PodSpec | undefined, path: string): FieldError[] {
  if (annotations === undefined || spec === undefined) return [];
  const ofPod = differing(annotations, seccompPodAnnotation, spec.securityContext?.seccompProfile, 'seccomp', child(path, 'securityContext.seccompProfile'));
  const seccomp = eachContainer(spec, path, ({ name, securityContext }, here) =>
    differing(annotations, `${seccompContainerPrefix}${name}`, securityContext?.seccompProfile, 'seccomp', child(here, 'securityContext.seccompProfile')));
  if (spec.os?.name === 'windows') return together(ofPod, seccomp);
  const appArmor = eachContainer(spec, path, ({ name, securityContext }, here) =>
    differing(annotations, `${appArmorPrefix}${name}`, securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile, 'apparmor', child(here, 'securityContext.appArmorProfile')));
  return together(ofPod, seccomp, appArmor);
}

/** What each type of profile is called in annotations; seccomp has an older name for one more. */
const annotated: Readonly<Record<string, readonly string[]>> = { Unconfined: ['unconfined'], RuntimeDefault: ['runtime/default'] };

function differing(annotations: Annotations, key: string, profile: Profile | undefined, what: 'seccomp' | 'apparmor', path: string): FieldError[] {
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  if (value === undefined || profile === undefined) return [];
  const types = forbidden(child(path, 'type'), `${what} type in annotation and field must match`);
  if (profile.type === 'Localhost') {
    if (!value.startsWith('localhost/')) return [types];
    return value.slice('localhost/'.length) === profile.localhostProfile ? [] : [forbidden(child(path, 'localhostProfile'), `${what} profile in annotation and field must match`)];
  }
  const known = Object.hasOwn(annotated, profile.type) ? annotated[profile.type] : undefined;
  const same = known === undefined || known.includes(value) || (what === 'seccomp' && profile.type === 'RuntimeDefault' && value === 'docker/default');
  return same ? [] : [types];
}
