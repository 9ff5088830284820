// What organisations, projects and environments are called.
import * as z from 'zod'
import { descriptionLengthMax, nameLengthMax } from '../../../core/model/limits.ts'

export const Slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40')
export const Name = z.string().max(nameLengthMax)
export const Description = z.string().max(descriptionLengthMax)
