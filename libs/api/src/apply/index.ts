/**
 * Who owns which field of an object (`metadata.managedFields`), and server-side apply (KEP-555). Everything is driven by the schema
 * table; pure. A write goes through `trackUpdate`, an apply through `checkConfiguration` and `applyConfiguration`.
 */
export { applyConfiguration, type Applied, type ApplyRequest } from './apply-configuration.ts';
export { blankObject } from './blank-object.ts';
export { checkConfiguration } from './check-configuration.ts';
export { compare, type Comparison } from './compare.ts';
export { ApplyConflict } from './conflict.ts';
export type { FieldSet } from './field-set.ts';
export { fieldsOf } from './fields-of.ts';
export { decodeManagers, encodeManagers, isReset, managerNameBytesMax, managerOf, storedManagers, updateManagersMax, type Manager, type Writer } from './managed-fields.ts';
export { trackCreate, trackUpdate, type Change } from './track-update.ts';
export { oneVersion, type Typed, type Versions } from './versions.ts';
