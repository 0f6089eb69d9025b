import { said, texts } from './texts'

/** A JSON schema, as far as the server's document uses them. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  enum?: unknown[]
  default?: unknown
  example?: unknown
  examples?: unknown[]
  minimum?: number
  maximum?: number
}

/** The part of an OpenAPI document that the page shows. */
export interface ApiDocument {
  info: { title: string; version: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Partial<Record<Method, RawOperation>>>
  components: { schemas: Record<string, Schema> }
}

const METHODS = ['get', 'post', 'put', 'delete'] as const

export type Method = (typeof METHODS)[number]

interface RawOperation {
  tags: string[]
  summary?: string
  description?: string
  parameters?: (Parameter & { in: string })[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
}

/** A part of a path that the caller chooses. */
export interface Parameter {
  name: string
  description?: string
  example?: string
}

/** A route with a method. */
export interface Operation {
  method: Method
  path: string
  tag: string
  summary: string
  /** Those of the path, in which they stand as `{name}`. */
  parameters: Parameter[]
  /** Of the body, when there is one. */
  request?: Schema
  /** Of the reply to a request that succeeds. */
  reply?: Schema
  /** Status and meaning of everything else. */
  failures: [string, string][]
}

/** A field of an object. */
export interface Field {
  name: string
  type: string
  required: boolean
  description: string
  /** Of an object, or of the entries of a list of objects. */
  fields: Field[]
}

/** Reads the document, which lies beside the page. */
export async function fetchDocument(): Promise<ApiDocument> {
  // Relative, since a proxy may serve the page under a prefix.
  const response = await fetch('./openapi.json')
  if (!response.ok) {
    throw new Error(`openapi.json: ${response.status}`)
  }
  return (await response.json()) as ApiDocument
}

export function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const raw = item[method]
      return raw ? [operation(method, path, raw)] : []
    }),
  )
}

function operation(method: Method, path: string, raw: RawOperation): Operation {
  const { 200: success, ...others } = raw.responses
  return {
    method,
    path,
    tag: raw.tags[0] ?? '',
    summary: [raw.summary, raw.description].filter(Boolean).map(said).join(' '),
    parameters: (raw.parameters ?? []).filter((parameter) => parameter.in === 'path'),
    request: raw.requestBody?.content['application/json']?.schema,
    reply: success?.content?.['application/json']?.schema,
    failures: Object.entries(others).map(([status, { description }]) => [status, description]),
  }
}

/** Follows references and joins `allOf`. */
function resolve(schema: Schema, document: ApiDocument): Schema {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop() ?? ''
    const { description } = schema
    const target = resolve(document.components.schemas[name] ?? {}, document)
    return description ? { ...target, description } : target
  }
  if (!schema.allOf) {
    return schema
  }
  const parts = schema.allOf.map((part) => resolve(part, document))
  return {
    ...schema,
    allOf: undefined,
    type: 'object',
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})),
    required: parts.flatMap((part) => part.required ?? []),
  }
}

/** The schemas of which one, or any, holds. */
function choicesOf({ oneOf, anyOf }: Schema): Schema[] | undefined {
  return oneOf ?? anyOf
}

/** The forms that a body may have. */
export function formsOf(schema: Schema, document: ApiDocument): Schema[] {
  const resolved = resolve(schema, document)
  const forms = choicesOf(resolved)
  return forms ? forms.flatMap((form) => formsOf(form, document)) : [resolved]
}

/** The fields of a form, those that must be there first. */
export function fieldsOf(schema: Schema, document: ApiDocument): Field[] {
  const { properties = {}, required = [], items } = resolve(schema, document)
  if (items) {
    return fieldsOf(items, document)
  }
  const fields = Object.entries(properties).map(([name, property]) => {
    const resolved = resolve(property, document)
    return {
      name,
      type: typeOf(property, document),
      required: required.includes(name),
      description: [said(property.description ?? resolved.description), bounds(resolved)].filter(Boolean).join(' '),
      fields: fieldsOf(resolved, document),
    }
  })
  return fields.sort((a, b) => Number(b.required) - Number(a.required))
}

function bounds({ minimum, maximum, default: usual }: Schema): string {
  const parts = [
    minimum !== undefined && texts.value.from(minimum),
    maximum !== undefined && texts.value.to(maximum),
    usual !== undefined && texts.value.usual(JSON.stringify(usual)),
  ]
  return parts.filter(Boolean).join(' ')
}

/** The type in words. */
export function typeOf(schema: Schema, document: ApiDocument): string {
  const resolved = resolve(schema, document)
  const { type, items, enum: choices } = resolved
  const forms = choicesOf(resolved)
  if (forms) {
    const types = forms.map((form) => typeOf(form, document)).filter((name) => name !== '')
    return [...new Set(types)].join(' | ')
  }
  if (choices) {
    return choices.map((choice) => JSON.stringify(choice)).join(' | ')
  }
  if (items) {
    return texts.value.listOf(typeOf(items, document))
  }
  const names = Array.isArray(type) ? type : [type ?? 'any']
  return names.filter((name) => name !== 'null').join(' | ')
}

/** A value that fits a schema; null: none is worth showing. */
export function exampleOf(schema: Schema, document: ApiDocument): unknown {
  const resolved = resolve(schema, document)
  const given = schema.example ?? resolved.example ?? resolved.examples?.[0]
  if (given !== undefined) {
    return given
  }
  const forms = choicesOf(resolved)
  if (forms) {
    const first = forms.find((form) => form.type !== 'null')
    return first ? exampleOf(first, document) : null
  }
  if (resolved.items) {
    return [exampleOf(resolved.items, document)]
  }
  if (resolved.properties) {
    const required = resolved.required ?? []
    const shown = Object.entries(resolved.properties).filter(([name]) => required.includes(name))
    return Object.fromEntries(shown.map(([name, property]) => [name, exampleOf(property, document)]))
  }
  return resolved.type === 'string' ? '…' : null
}
