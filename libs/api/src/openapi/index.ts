/** OpenAPI documents of the served kinds: v2 (JSON, and the protobuf that kubectl asks for) and v3. */
export { openApiV2, openApiV3, openApiV3Index, type OpenApiV2, type OpenApiV3 } from './documents.ts';
export { encodeOpenApiV2, openApiV2Accept, openApiV2ContentType } from './v2-protobuf.ts';
export { readDescriptions, type DescriptionFile, type Descriptions } from './descriptions.ts';
