import type { Container, VolumeDevice, VolumeMount } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, fieldNotFound, forbidden, invalidValue, required, together } from '../../validation/field-error.ts';
import { each, oneOf } from '../../validation/values.ts';
import { noBackSteps, relativePath } from './paths.ts';
import type { KnownVolumes } from './volumes.ts';

const propagations = ['Bidirectional', 'HostToContainer', 'None'];
const recursiveModes = ['Disabled', 'Enabled', 'IfPossible'];

/** What a container has taken of its pod's volumes, by name and by path. */
interface Taken {
  readonly names: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
}

const nothingTaken: Taken = { names: new Set(), paths: new Set() };

/** Mounts and raw devices of a container: of volumes that there are, each path once. */
export function validateMounts(container: Container, known: KnownVolumes, path: string): FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  if (volumeMounts.length === 0 && volumeDevices.length === 0) return [];
  const raw: Taken = volumeDevices.length === 0 ? nothingTaken : { names: new Set(volumeDevices.map((d) => d.name)), paths: new Set(volumeDevices.map((d) => d.devicePath)) };
  const seen = new Set<string>();
  const list = child(path, 'volumeMounts');
  const errors = each(volumeMounts, list, (mount, here) => together(validateMount(mount, known, seen, raw, here), validateSubPath(mount, list, here), validateModes(mount, container, list)));
  if (volumeDevices.length === 0) return errors;
  const mounted: Taken = { names: new Set(volumeMounts.map((m) => m.name)), paths: new Set(volumeMounts.map((m) => m.mountPath)) };
  const taken = { names: new Set<string>(), paths: new Set<string>() };
  return together(errors, each(volumeDevices, child(path, 'volumeDevices'), (device, here) => validateDevice(device, known, taken, mounted, here)));
}

function validateMount(mount: VolumeMount, known: KnownVolumes, seen: Set<string>, raw: Taken, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', mountPath = '' } = mount as Partial<VolumeMount>;
  if (name === '') errors.push(required(child(path, 'name')));
  if (!known.has(name)) errors.push(fieldNotFound(child(path, 'name'), name));
  if (mountPath === '') errors.push(required(child(path, 'mountPath')));
  if (seen.has(mountPath)) errors.push(invalidValue(child(path, 'mountPath'), mountPath, 'must be unique'));
  seen.add(mountPath);
  if (raw.names.has(name)) errors.push(invalidValue(child(path, 'name'), name, 'must not already exist in volumeDevices'));
  if (raw.paths.has(mountPath)) errors.push(invalidValue(child(path, 'mountPath'), mountPath, 'must not already exist as a path in volumeDevices'));
  return errors;
}

/** What is wrong with a path is said of the list: upstream's path has no index there. */
function validateSubPath({ subPath = '', subPathExpr = '' }: VolumeMount, list: string, path: string): FieldError[] {
  const errors = subPath === '' ? [] : relativePath(subPath, child(list, 'subPath'));
  if (subPathExpr === '') return errors;
  if (subPath !== '') errors.push(invalidValue(child(path, 'subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  return together(errors, relativePath(subPathExpr, child(list, 'subPathExpr')));
}

/** How the mount sees mounts below it, and whether those can be written. `path` is that of the list, as upstream has it. */
function validateModes({ mountPropagation, recursiveReadOnly, readOnly }: VolumeMount, container: Container, path: string): FieldError[] {
  const errors = oneOf(mountPropagation, child(path, 'mountPropagation'), propagations);
  if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    errors.push(forbidden(child(path, 'mountPropagation'), 'Bidirectional mount propagation is available only to privileged containers'));
  }
  const field = child(path, 'recursiveReadOnly');
  errors.push(...oneOf(recursiveReadOnly, field, recursiveModes));
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') return errors;
  if (readOnly !== true) errors.push(forbidden(field, 'may only be specified when readOnly is true'));
  if ((mountPropagation ?? 'None') !== 'None') errors.push(forbidden(field, 'may only be specified when mountPropagation is None or not specified'));
  return errors;
}

function validateDevice(device: VolumeDevice, known: KnownVolumes, seen: { readonly names: Set<string>; readonly paths: Set<string> }, mounted: Taken, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', devicePath = '' } = device as Partial<VolumeDevice>;
  const [nameField, pathField] = [child(path, 'name'), child(path, 'devicePath')];
  if (name === '') errors.push(required(nameField));
  if (seen.names.has(name)) errors.push(invalidValue(nameField, name, 'must be unique'));
  const volume = known.get(name);
  if (volume === undefined) errors.push(fieldNotFound(nameField, name));
  else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
    errors.push(invalidValue(nameField, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
  }
  if (devicePath === '') errors.push(required(pathField));
  if (seen.paths.has(devicePath)) errors.push(invalidValue(pathField, devicePath, 'must be unique'));
  if (noBackSteps(devicePath, pathField).length > 0) errors.push(invalidValue(pathField, devicePath, "can not contain backsteps ('..')"));
  else seen.paths.add(devicePath);
  if (mounted.names.has(name)) errors.push(invalidValue(nameField, name, 'must not already exist in volumeMounts'));
  if (mounted.paths.has(devicePath)) errors.push(invalidValue(pathField, devicePath, 'must not already exist as a path in volumeMounts'));
  if (name !== '') seen.names.add(name);
  return errors;
}
