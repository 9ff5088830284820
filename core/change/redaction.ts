// Removes secrets from entities, rows and history before a caller can read them.
import * as z from 'zod'
import { entitySchemas } from '../model/environment-state.ts'
import { isSecret } from '../model/secret.ts'

/** For an entity of unknown kind. */
export const AnyEntity = z.union(Object.values(entitySchemas))

/**
 * Returns a copy without the fields that the schema marks as secret. Does not parse: the value may be cut, or
 * be written by another version. Fields that the schema does not declare are judged by their name.
 */
export const withoutSecrets = <T>(value: T, schema: z.ZodType): T => redact(value, resolve(schema)) as T

/** `schemas`: all that may describe the value. One that marks a field as secret is enough. */
function redact(value: unknown, schemas: readonly z.ZodType[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const arrays = schemas.filter((schema) => schema instanceof z.ZodArray)
    const elements = arrays.flatMap(({ element }) => resolve(element))
    return value.map((element) => redact(element, elements))
  }
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const declared = schemas.flatMap((schema) => fieldSchemas(schema, name))
    const isHidden =
      declared.length > 0 ? declared.some(isSecret) : /sha256$|^(previous)?secret(url)?$/i.test(name)
    return isHidden ? [] : [[name, redact(field, declared)] as const]
  })
  return Object.fromEntries(fields)
}

function fieldSchemas(schema: z.ZodType, name: string): z.ZodType[] {
  if (schema instanceof z.ZodRecord) return resolve(schema.valueType)
  const isDeclared = schema instanceof z.ZodObject && Object.hasOwn(schema.shape, name)
  return isDeclared ? resolve(schema.shape[name]) : []
}

/** The schemas inside wrappers and unions. */
function resolve(schema: unknown): z.ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(resolve)
  if (schema instanceof z.ZodPipe) return [...resolve(schema.in), ...resolve(schema.out)]
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodLazy
  )
    return resolve(schema.unwrap())
  return [schema as z.ZodType]
}
