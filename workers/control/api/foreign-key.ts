// The text of a key that another system gave out, as a field of a request.
import * as z from 'zod'
import { isForeignKey } from '../../http/sdk-key.ts'

export const ForeignKeyText = z
  .string()
  .max(200)
  .refine(isForeignKey, 'is 16 to 200 letters, digits, dots, underscores or hyphens, and none of our own')
