// Schemas for the id, name and description of organisations, projects and environments.
import * as z from 'zod'
import { descriptionLengthMax, nameLengthMax } from '../../../core/model/limits.ts'
import { slugPattern } from '../../../core/model/slug.ts'

export const Slug = z.string().regex(slugPattern, 'lower-case letters, digits and hyphens, at most 40')
export const Name = z.string().max(nameLengthMax)
export const Description = z.string().max(descriptionLengthMax)
