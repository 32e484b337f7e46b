/** Configuration files of the API server, read strictly: unknown fields are refused, errors name the path and never repeat a secret. May be imported by whoever has such a file. */
export * from './parse-document.ts';
export * from './section.ts';
