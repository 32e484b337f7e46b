/** How a list behaves under apply and merge. */
export type ListType = 'atomic' | 'set' | 'map';

/** Scalars with a canonical JSON form of their own; canonicalised when built-ins are decoded, never in custom resources. */
export type ScalarFormat = 'quantity' | 'time' | 'micro-time' | 'duration' | 'int-or-string' | 'bytes' | 'int32' | 'int64' | 'double';

/**
 * One node of the schema table: a structural schema (KEP-1979's sense), to which both built-in kinds
 * and CustomResourceDefinitions compile. Frozen, and shared where types recur, so it may be cyclic.
 */
export interface SchemaNode {
  /** Absent: any JSON value. */
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly nullable?: boolean;
  readonly intOrString?: boolean;
  /** Fields by JSON name. */
  readonly properties?: ReadonlyMap<string, SchemaNode>;
  /** Of maps. */
  readonly additionalProperties?: SchemaNode;
  readonly items?: SchemaNode;
  readonly preserveUnknownFields?: boolean;
  readonly embeddedResource?: boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly scalar?: ScalarFormat;
  readonly bounds?: Bounds;
  readonly listType?: ListType;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'granular' | 'atomic';
  readonly patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey?: string;
  readonly immutable?: boolean;
  readonly allOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly not?: SchemaNode;
  readonly celRules?: readonly CelRule[];
  /** Extras of built-ins: the message name and the fields' protobuf side. Not part of equality with a CRD. */
  readonly proto?: ProtoMessage;
}

export interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

export interface CelRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** JSON forms of messages that are not a plain object (proto/k8s/rhythm/options.proto, `Form`). */
export type ProtoForm =
  | 'list'
  | 'raw'
  | 'raw-object'
  | 'time'
  | 'micro-time'
  | 'duration'
  | 'quantity'
  | 'int-or-string'
  | 'schema-or-array'
  | 'schema-or-bool'
  | 'schema-or-strings';

export interface ProtoMessage {
  /** Full protobuf name, as `k8s.io.api.core.v1.Pod`. */
  readonly message: string;
  /** Absent: an object. */
  readonly form?: ProtoForm;
  /** The JSON has kind and apiVersion, which in protobuf stand in the envelope. */
  readonly typeMeta?: boolean;
  /** Has no protobuf form at all (Table and its parts). */
  readonly jsonOnly?: boolean;
  /** In order of field number. */
  readonly fields: readonly ProtoField[];
}

export interface ProtoField {
  /** JSON name; the field of the message. */
  readonly name: string;
  readonly number: number;
  /** Protobuf scalar, or `message`; of maps and lists that of the element. */
  readonly type: 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'double' | 'float' | 'message';
  readonly label: 'optional' | 'repeated' | 'map';
  /** Go's presence: a `value` is always on the wire, a `pointer` only when set. */
  readonly presence: 'value' | 'pointer' | 'slice' | 'map' | 'bytes';
  /** Always written in JSON, even when empty (no `omitempty`, or a struct held by value). */
  readonly always: boolean;
  /** The schema of the field; of maps and lists that of the element. */
  readonly node: SchemaNode;
  /** The nested message's fields stand in the parent's JSON object. */
  readonly inline: boolean;
}
