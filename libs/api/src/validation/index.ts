/** Rules that are shared by kinds: syntax of names, field errors, object metadata. Pure. */
export * from './field-error.ts';
export * from './names.ts';
